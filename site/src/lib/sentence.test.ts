import { expect, test } from "vitest";

import { ApiError } from "@/api/problem";

import { refusal, sentence } from "./sentence";

test("a sentence begins with a capital and ends with one full stop", () => {
  expect(["no orders yet", "No orders yet.", "why?"].map(sentence)).toEqual(["No orders yet.", "No orders yet.", "Why?"]);
});

test("a refusal says what is wrong with its fields, else what went wrong", () => {
  const fields = [{ field: "/bounds", detail: "the bounds leave no room" }];
  expect(refusal(new ApiError({ status: 422, title: "Invalid input", detail: "/bounds: the bounds leave no room", fields }))).toBe("The bounds leave no room.");
  expect(refusal(new ApiError({ status: 409, title: "Conflict", detail: "no media mix is computed yet" }))).toBe("No media mix is computed yet.");
});
