import { ticks } from "d3-array";

/** A linear map from a domain to pixels. */
export function linear(domain: readonly [number, number], range: readonly [number, number]): (value: number) => number {
  const [d0, d1] = domain;
  const [r0, r1] = range;
  const span = d1 - d0 || 1;
  return (value) => r0 + ((value - d0) / span) * (r1 - r0);
}

/** Round numbers that enclose the values, and the ticks between them. Always includes zero. */
export function niceDomain(values: Iterable<number>, count: number): { domain: [number, number]; ticks: number[] } {
  let low = 0;
  let high = 0;
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (low === high) high = 1;
  let marks = ticks(low, high, count);
  const step = (marks[1] ?? 1) - (marks[0] ?? 0);
  const top = Math.ceil(high / step - 1e-9) * step;
  const bottom = Math.floor(low / step + 1e-9) * step;
  marks = ticks(bottom, top, Math.max(1, Math.round((top - bottom) / step)));
  return { domain: [bottom, top], ticks: marks };
}

/** Indices of buckets to label so that labels `width` pixels wide do not touch. The last bucket's side wins. */
export function labelled(length: number, pixels: number, width: number): number[] {
  if (length === 0) return [];
  const fit = Math.max(1, Math.floor(pixels / width));
  const step = Math.max(1, Math.ceil(length / fit));
  const result: number[] = [];
  for (let index = 0; index < length; index += step) result.push(index);
  return result;
}
