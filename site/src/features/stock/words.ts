/** Stock in plain words. */
import type { StockItem, StockRange, StockTerms } from "@/api/stock";
import { count, NONE, percent, plural } from "@/lib/format";

/** Units a day: small numbers keep the digits that tell them apart. */
export const pace = (value: number, like: number = value): string => count(value, { digits: like !== 0 && Math.abs(like) < 1 ? 2 : Math.abs(like) < 10 ? 1 : 0 });

/** A range of units a day. */
export const paceRange = (range: StockRange): string => `${pace(range.low, range.mean)}–${pace(range.high, range.mean)}`;

/** Whole units. */
export const units = (value: number | null | undefined): string => (value == null ? NONE : count(Math.round(value)));

/** How long stock lasts: "12 days", "over a year", "sold out". */
export function lasts(item: StockItem): string {
  if (!item.cover) return NONE;
  if ((item.on_hand ?? 0) <= 0) return "sold out";
  const days = item.cover.mean;
  return days == null ? "over a year" : days < 1 ? "under a day" : plural(Math.floor(days), "day");
}

/** The range of that; nothing where it says no more. */
export function lastsRange(item: StockItem): string | null {
  const cover = item.cover;
  if (!cover || (item.on_hand ?? 0) <= 0) return null;
  if (cover.low == null) return null;
  return cover.high == null ? `${count(cover.low)} to over a year` : cover.low === cover.high ? null : `${count(cover.low)}–${count(cover.high)}`;
}

/** A chance: neither none nor certain where it is only nearly so. */
export function chance(value: number | null | undefined): string {
  if (value == null) return NONE;
  if (value > 0 && value < 0.01) return "< 1%";
  if (value < 1 && value > 0.99) return "> 99%";
  return percent(value, { digits: 0 });
}

/** How the shop orders, in one line. */
export const termsLine = (terms: StockTerms): string =>
  `${plural(terms.lead_days, "day")} to arrive, ordered every ${terms.review_days === 1 ? "day" : plural(terms.review_days, "day")}, enough ${percent(terms.service_level, { compact: true, digits: 1 })} of the time`;
