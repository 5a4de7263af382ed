import { describe, expect, it } from "vitest";

import type { StockItem } from "@/api/stock";

import { chance, lasts, lastsRange, pace } from "./words";

const item = (on_hand: number | null, cover: StockItem["cover"]) => ({ on_hand, cover }) as StockItem;

describe("stock in words", () => {
  it("keeps the digits that tell small paces apart", () => {
    expect([pace(0.043), pace(2.345), pace(123.4), pace(0)]).toEqual(["0.04", "2.3", "123", "0.0"]);
  });

  it("says how long it lasts", () => {
    expect(lasts(item(5, { mean: 12.9, low: 9, high: 17 }))).toBe("12 days");
    expect(lasts(item(0, { mean: 0, low: 0, high: 0 }))).toBe("sold out");
    expect(lasts(item(5, { mean: null, low: 300, high: null }))).toBe("over a year");
    expect(lasts(item(null, null))).toBe("–");
    expect(lastsRange(item(5, { mean: 12.9, low: 9, high: 17 }))).toBe("9–17");
    expect(lastsRange(item(5, { mean: null, low: 300, high: null }))).toBe("300 to over a year");
  });

  it("calls nothing certain that is not", () => {
    expect([chance(0), chance(0.004), chance(0.5), chance(0.996), chance(1), chance(null)]).toEqual(["0%", "< 1%", "50%", "> 99%", "100%", "–"]);
  });
});
