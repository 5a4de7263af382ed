import { expect, it } from "vitest";

import { daysIn } from "@/lib/dates";

import { forecastSearch } from "./search";

it("days are read out of a text, each once and in order", () => {
  expect(daysIn("2026-11-27, 2026-02-30;2026-11-24\n2026-11-27 soon")).toEqual(["2026-11-24", "2026-11-27"]);
  expect(daysIn("")).toEqual([]);
});

it("what makes no sense is left out of the URL, and so are defaults", () => {
  expect(forecastSearch({ metric: "revenue", gran: "d", horizon: 28, promotions: "tomorrow" })).toEqual({ metric: undefined, gran: undefined, horizon: 28, promotions: undefined });
  expect(forecastSearch({ horizon: 90, gran: "w" }).horizon).toBeUndefined();
  expect(forecastSearch({ horizon: 90 }).horizon).toBe(90);
});
