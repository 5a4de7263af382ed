import { describe, expect, it } from "vitest";

import { moneyText, parseMoney, roundAmount } from "./money";

describe("typed money", () => {
  it("is stored in minor units by the currency's exponent", () => {
    expect(parseMoney("40", "EUR")).toEqual({ minor: 4000 });
    expect(parseMoney("40", "JPY")).toEqual({ minor: 40 });
    expect(parseMoney("40", "KWD")).toEqual({ minor: 40_000 });
    expect(parseMoney("12.5", "EUR")).toEqual({ minor: 1250 });
    expect(parseMoney("0.07", "EUR")).toEqual({ minor: 7 });
    expect(parseMoney(".5", "EUR")).toEqual({ minor: 50 });
  });
  it("is read with either decimal mark", () => {
    expect(parseMoney("12,50", "EUR")).toEqual({ minor: 1250 });
    expect(parseMoney("1.234,50", "EUR")).toEqual({ minor: 123_450 });
    expect(parseMoney("1,234.50", "EUR")).toEqual({ minor: 123_450 });
    expect(parseMoney("1,234,567", "EUR")).toEqual({ minor: 123_456_700 });
    expect(parseMoney("1.234.567,8", "EUR")).toEqual({ minor: 123_456_780 });
  });
  it("takes three digits after a lone mark for thousands, unless the currency has three decimals", () => {
    expect(parseMoney("1,000", "EUR")).toEqual({ minor: 100_000 });
    expect(parseMoney("1.000", "EUR")).toEqual({ minor: 100_000 });
    expect(parseMoney("1,000", "JPY")).toEqual({ minor: 1000 });
    expect(parseMoney("1.234", "KWD")).toEqual({ minor: 1234 });
    expect(parseMoney("1,234", "KWD")).toEqual({ minor: 1_234_000 });
  });
  it("may carry a symbol, a code and spaces", () => {
    expect(parseMoney(" € 40 ", "EUR")).toEqual({ minor: 4000 });
    expect(parseMoney("1 000 EUR", "EUR")).toEqual({ minor: 100_000 });
  });
  it("is nothing when nothing was typed", () => {
    expect(parseMoney("", "EUR")).toEqual({ minor: null });
    expect(parseMoney("€", "EUR")).toEqual({ minor: null });
  });
  it("is refused in words", () => {
    expect(parseMoney("forty", "EUR").error).toContain("digits");
    expect(parseMoney("-4", "EUR").error).toContain("below zero");
    expect(parseMoney("1.2345", "EUR").error).toBe("EUR has 2 decimals, not 4.");
    expect(parseMoney("40.5", "JPY").error).toBe("JPY has no decimals.");
    expect(parseMoney("99999999999999", "EUR").error).toContain("too large");
    expect(parseMoney(".", "EUR").error).toContain("digits");
  });
  it("survives the way there and back", () => {
    for (const currency of ["EUR", "JPY", "KWD"]) {
      for (const minor of [0, 1, 99, 100, 4000, 123_456, 99_999_999]) {
        expect(parseMoney(moneyText(minor, currency), currency)).toEqual({ minor });
      }
    }
    expect(moneyText(null, "EUR")).toBe("");
    expect(roundAmount(40, "EUR")).toBe(4000);
    expect(roundAmount(40, "JPY")).toBe(4000);
  });
});
