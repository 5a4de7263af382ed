import { expect, test } from "vitest";

import { interval, outcomeText, sliderRange, standardError, worth } from "./figures";

const euro = { outcome: "revenue", currency: "EUR" } as const;
const orders = { outcome: "orders", currency: "EUR" } as const;

test("revenue reads as money, orders are counted", () => {
  expect(outcomeText(123_456, euro)).toBe("€1,235");
  expect(outcomeText(12.34, orders)).toBe("12.3");
});

test("worth is a return for revenue and a cost for orders, the dearer end last", () => {
  expect(worth({ mean: 2, low: 1, high: 4 }, euro)).toEqual({ main: "2.00×", range: "1.00× – 4.00×" });
  expect(worth({ mean: 0.001, low: 0.0005, high: 0.002 }, orders)).toEqual({ main: "€10.00", range: "€5.00 – €20.00" });
});

test("an interval names both ends", () => {
  expect(interval({ mean: 2, low: 1, high: 3 }, String)).toBe("1 – 3");
});

test("a slider goes to twice the present spend in round steps, and not beyond what the curves know", () => {
  expect(sliderRange(100_000, 1_000_000)).toEqual({ min: 2_000, max: 200_000, step: 2_000 });
  expect(sliderRange(100_000, 150_100)).toEqual({ min: 2_000, max: 150_000, step: 2_000 });
  expect(sliderRange(0, 50)).toEqual({ min: 1, max: 50, step: 1 });
});

test("a test's interval is its standard error, whichever it holds", () => {
  expect(standardError(100 - 1.959964 * 7, 100 + 1.959964 * 7, "95")).toBeCloseTo(7, 6);
  expect(standardError(-1.644854 * 3, 1.644854 * 3, "90")).toBeCloseTo(3, 6);
});
