import { describe, expect, it } from "vitest";

import type { AnswerColumn } from "@/api/questions";

import { bucketText, bucketTime, cellText, figuresOf, isFigure, linesOf } from "./answer";

const column = (name: string, unit: string, label = name): AnswerColumn => ({ name, label, unit, currency: unit === "money" ? "EUR" : null });

describe("an answer's cells", () => {
  it("are told in their unit, and what is missing is told as missing", () => {
    expect(cellText(123_456, column("revenue", "money"))).toBe("€1,234.56");
    expect(cellText(0.0234, column("cvr", "percent"))).toBe("2.34%");
    expect(cellText(null, column("roas", "ratio"))).toBe("–");
  });
  it("of an unknown unit keep their digits", () => {
    expect(cellText(12.125, column("x", "value"))).toBe("12.125");
    expect(cellText(1200, column("x", "value"))).toBe("1,200");
    expect(cellText("abc", column("x", "value"))).toBe("abc");
  });
  it("of an unknown unit are figures when all of them are numbers", () => {
    expect(isFigure(column("x", "value"), [[1], [null]], 0)).toBe(true);
    expect(isFigure(column("x", "value"), [[1], ["b"]], 0)).toBe(false);
    expect(isFigure(column("x", "value"), [], 0)).toBe(false);
  });
});

describe("an answer over time", () => {
  it("reads days, hours and months, and nothing else", () => {
    expect(bucketTime("2026-11-20")).toBe(Date.UTC(2026, 10, 20));
    expect(bucketTime("2026-11-20 14:00")).toBe(Date.UTC(2026, 10, 20, 14));
    expect(bucketTime("2026-11")).toBe(Date.UTC(2026, 10, 1));
    expect(bucketTime("google")).toBeNull();
    expect(bucketText("2026-11-16", column("bucket", "date", "Week"))).toBe("Week of Mon 16 Nov 2026");
  });
  it("puts only figures of one unit on its axis, in the order of time", () => {
    const columns = [column("bucket", "date", "Day"), column("revenue", "money"), column("revenue_previous", "money"), column("orders", "count")];
    const drawn = linesOf(columns, [
      ["2026-11-02", 200, 90, 2],
      ["2026-11-01", 100, null, 1],
    ]);
    expect(drawn?.lines.map((line) => [line.name, line.before, line.points.map((point) => point.value)])).toEqual([
      ["revenue", false, [100, 200]],
      ["revenue_previous", true, [null, 90]],
    ]);
  });
  it("is no line when its first column holds no times", () => {
    expect(linesOf([column("source", "text"), column("orders", "count")], [["google", 1], ["bing", 2]])).toBeNull();
  });
});

describe("an answer of one row", () => {
  it("pairs each figure with the one it is compared with", () => {
    const figures = figuresOf([column("orders", "count"), column("orders_previous", "count"), column("aov", "money")], [5, 4, 900]);
    expect(figures.map(({ column: { name }, value, previous }) => [name, value, previous])).toEqual([
      ["orders", 5, 4],
      ["aov", 900, undefined],
    ]);
  });
});
