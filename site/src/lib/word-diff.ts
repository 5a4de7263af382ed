/** What changed within a text, word by word. */

export interface Piece {
  text: string;
  kind: "same" | "added" | "removed";
}

/** Texts longer than this, in words and spaces, are shown as replaced whole: the comparison is quadratic. */
const MAX = 600;

const words = (text: string) => text.match(/\s+|[^\s]+/g) ?? [];

/** The pieces of both texts in reading order; those that are not `added` make `before`, those not `removed` `after`. */
export function wordDiff(before: string, after: string): Piece[] {
  const a = words(before);
  const b = words(after);
  if (a.length > MAX || b.length > MAX) return join([{ text: before, kind: "removed" }, { text: after, kind: "added" }]);
  // Longest common subsequence, from the ends.
  const width = b.length + 1;
  const length = new Uint16Array((a.length + 1) * width);
  const at = (i: number, j: number) => length[i * width + j] ?? 0;
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      length[i * width + j] = a[i] === b[j] ? at(i + 1, j + 1) + 1 : Math.max(at(i + 1, j), at(i, j + 1));
    }
  }
  const pieces: Piece[] = [];
  let i = 0;
  let j = 0;
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) {
      pieces.push({ text: a[i] ?? "", kind: "same" });
      i += 1;
      j += 1;
    } else if (i < a.length && (j >= b.length || at(i + 1, j) >= at(i, j + 1))) {
      pieces.push({ text: a[i] ?? "", kind: "removed" });
      i += 1;
    } else {
      pieces.push({ text: b[j] ?? "", kind: "added" });
      j += 1;
    }
  }
  return gather(join(pieces));
}

/**
 * Changes with only space between them read better as one: the words that went, then those that came. `same` space in
 * between belongs to both.
 */
function gather(pieces: Piece[]): Piece[] {
  const out: Piece[] = [];
  for (let at = 0; at < pieces.length; ) {
    if (pieces[at]?.kind === "same") {
      out.push(pieces[at] as Piece);
      at += 1;
      continue;
    }
    let removed = "";
    let added = "";
    let end = at;
    for (; end < pieces.length; end += 1) {
      const piece = pieces[end] as Piece;
      if (piece.kind === "same" && (piece.text.trim() !== "" || pieces[end + 1] === undefined || pieces[end + 1]?.kind === "same")) break;
      if (piece.kind !== "added") removed += piece.text;
      if (piece.kind !== "removed") added += piece.text;
    }
    out.push({ text: removed, kind: "removed" }, { text: added, kind: "added" });
    at = end;
  }
  return join(out);
}

function join(pieces: Piece[]): Piece[] {
  const joined: Piece[] = [];
  for (const piece of pieces) {
    if (piece.text === "") continue;
    const last = joined.at(-1);
    if (last?.kind === piece.kind) last.text += piece.text;
    else joined.push({ ...piece });
  }
  return joined;
}

/** Whether enough stayed for word marks to help; otherwise both texts are better shown whole. */
export function worthMarking(pieces: readonly Piece[]): boolean {
  const same = pieces.filter((piece) => piece.kind === "same").reduce((sum, piece) => sum + piece.text.trim().length, 0);
  const all = pieces.reduce((sum, piece) => sum + piece.text.trim().length, 0);
  return all > 0 && same / all >= 0.3;
}
