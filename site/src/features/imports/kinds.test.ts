import { describe, expect, it } from "vitest";

import { fraction, KIND_WORDS, type KindWords, unfit, unlisted } from "./kinds";

const run = { status: "running", bytes_done: 0, bytes_total: 1000, rows_total: 0, rows_loaded: 0, rows_rejected: 0 };

describe("an import's progress", () => {
  it("cannot be said before anything is read", () => {
    expect(fraction(run)).toBeNull();
  });
  it("is in bytes where they are counted, else in rows", () => {
    expect(fraction({ ...run, bytes_done: 250, rows_total: 10, rows_loaded: 9 })).toBe(0.25);
    expect(fraction({ ...run, rows_total: 10, rows_loaded: 4, rows_rejected: 1 })).toBe(0.5);
  });
  it("is whole when it is done, whatever was refused", () => {
    expect(fraction({ ...run, status: "done", rows_total: 10, rows_rejected: 10 })).toBe(1);
  });
});

describe("a file", () => {
  const words = KIND_WORDS[0] as KindWords;
  it("is refused before it is sent where that is certain", () => {
    expect(unfit({ name: "spend.xlsx", size: 10 }, words)).toContain("spreadsheet");
    expect(unfit({ name: "spend.csv", size: 0 }, words)).toContain("empty");
    expect(unfit({ name: "spend.csv", size: words.most + 1 }, words)).toContain("Split");
    expect(unfit({ name: "spend.csv", size: words.most }, words)).toBeNull();
  });
});

it("refused rows that are not listed are counted, a row with two errors once", () => {
  const errors = [
    { row: 2, field: "a", reason: "" },
    { row: 2, field: "b", reason: "" },
    { row: 3, field: "a", reason: "" },
  ];
  expect(unlisted({ errors, rows_rejected: 5 })).toBe(3);
});
