import { describe, expect, it } from "vitest";

import { unwrap } from "./client";
import { ApiError, describe as describeError, toApiError, UNREACHABLE } from "./problem";

const response = (status: number) => new Response(null, { status: status === 204 ? 204 : status });

describe("a failed call", () => {
  it("is told in the API's own words", async () => {
    const error = { type: "tag:x", title: "Invalid input", status: 422, detail: "two fields", errors: [{ field: "from", detail: "must be a day" }] };
    const failed = await unwrap(Promise.resolve({ error, response: response(422) })).catch((thrown: unknown) => thrown);
    expect(failed).toBeInstanceOf(ApiError);
    expect(failed).toMatchObject({ status: 422, title: "Invalid input", detail: "two fields", fields: [{ field: "from", detail: "must be a day" }] });
  });
  it("has words even when none were sent", () => {
    expect(toApiError(502, "<html>")).toMatchObject({ status: 502, title: "The server had a problem", detail: "<html>" });
    expect(toApiError(404, undefined)).toMatchObject({ status: 404, title: "The request was refused", detail: "It answered with status 404." });
  });
  it("knows a server that cannot be reached, and lets an aborted call go", async () => {
    await expect(unwrap(Promise.reject(new TypeError("fetch failed")))).rejects.toBe(UNREACHABLE);
    await expect(unwrap(Promise.reject(new DOMException("gone", "AbortError")))).rejects.toThrow("gone");
  });
  it("describes anything that was thrown", () => {
    expect(describeError(new Error("odd"))).toEqual({ title: "Something went wrong", detail: "odd" });
    expect(describeError("text").title).toBe("Something went wrong");
  });
});

it("a successful call gives its body, and nothing for 204", async () => {
  await expect(unwrap(Promise.resolve({ data: { rows: [] }, response: response(200) }))).resolves.toEqual({ rows: [] });
  await expect(unwrap(Promise.resolve({ response: response(204) }))).resolves.toBeUndefined();
});
