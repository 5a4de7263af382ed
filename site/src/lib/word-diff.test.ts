import { describe, expect, it } from "vitest";

import { wordDiff, worthMarking } from "./word-diff";

const side = (pieces: ReturnType<typeof wordDiff>, not: string) =>
  pieces
    .filter((piece) => piece.kind !== not)
    .map((piece) => piece.text)
    .join("");

describe("a text's changes", () => {
  it("are marked word by word", () => {
    expect(wordDiff("Warm light for dark days", "Warm light for long, dark days")).toEqual([
      { text: "Warm light for ", kind: "same" },
      { text: "long, ", kind: "added" },
      { text: "dark days", kind: "same" },
    ]);
  });
  it("are one change where only space is between them", () => {
    expect(wordDiff("bright as a book needs it.", "and free shipping it.")).toEqual([
      { text: "bright as a book needs", kind: "removed" },
      { text: "and free shipping", kind: "added" },
      { text: " it.", kind: "same" },
    ]);
  });
  it("give back both texts exactly", () => {
    const texts = ["", "a", "a b", "b a", "Free shipping over 50 EUR", "Shipping is free over 60 EUR\n\nToday only", "  spaces  kept "];
    for (const before of texts) {
      for (const after of texts) {
        const pieces = wordDiff(before, after);
        expect(side(pieces, "added")).toBe(before);
        expect(side(pieces, "removed")).toBe(after);
      }
    }
  });
  it("are not marked where nearly everything changed", () => {
    expect(worthMarking(wordDiff("Warm light", "Sale ends Sunday"))).toBe(false);
    expect(worthMarking(wordDiff("Sale ends Sunday", "Sale ends on Sunday"))).toBe(true);
  });
  it("stay quick for long texts", () => {
    const long = "word ".repeat(5000);
    expect(wordDiff(long, `${long}x`).map((piece) => piece.kind)).toEqual(["removed", "added"]);
  });
});
