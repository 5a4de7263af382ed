import { describe, expect, it } from "vitest";

import { labelled, linear, niceDomain } from "./scale";

describe("the axis", () => {
  it("holds every value and zero, between round marks", () => {
    for (const values of [[3, 971], [-40, 12], [0.0123, 0.031], [5_812_345], [-3, -9], [0.5]]) {
      const { domain, ticks } = niceDomain(values, 4);
      expect(domain[0]).toBeLessThanOrEqual(Math.min(0, ...values));
      expect(domain[1]).toBeGreaterThanOrEqual(Math.max(0, ...values));
      expect(ticks).toContain(0);
      expect(ticks[0]).toBeCloseTo(domain[0]);
      expect(ticks.at(-1)).toBeCloseTo(domain[1]);
    }
  });
  it("stands for nothing but zeros, too", () => {
    expect(niceDomain([0, 0], 4).domain).toEqual([0, 1]);
    expect(niceDomain([], 4).domain).toEqual([0, 1]);
  });
});

it("maps linearly, and a point domain to the start", () => {
  expect(linear([0, 10], [100, 0])(5)).toBe(50);
  expect(linear([4, 4], [0, 100])(4)).toBe(0);
});

it("labels as many buckets as fit", () => {
  expect(labelled(0, 500, 80)).toEqual([]);
  expect(labelled(3, 500, 80)).toEqual([0, 1, 2]);
  expect(labelled(30, 500, 80)).toEqual([0, 5, 10, 15, 20, 25]);
  expect(labelled(30, 10, 80)).toEqual([0]);
});
