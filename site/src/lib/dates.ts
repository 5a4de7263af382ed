/** Calendar days as `YYYY-MM-DD` strings in the site's time zone. Pure: "now" and the zone are arguments. */

const DAY_MS = 86_400_000;

export type Granularity = "h" | "d" | "w" | "m";
export const GRANULARITIES: readonly Granularity[] = ["h", "d", "w", "m"];

export const PRESETS = ["today", "7d", "14d", "30d", "90d", "mtd", "last_month"] as const;
export type Preset = (typeof PRESETS)[number];
export const DEFAULT_PRESET: Preset = "30d";

export const PRESET_LABELS: Record<Preset, string> = {
  today: "Today",
  "7d": "Last 7 days",
  "14d": "Last 14 days",
  "30d": "Last 30 days",
  "90d": "Last 90 days",
  mtd: "Month to date",
  last_month: "Last month",
};

export interface DayRange {
  from: string;
  to: string;
}

/** Whether the text is a day that exists: `2026-02-30` is not. */
export function isDay(text: string): boolean {
  return /^\d{4}-\d{2}-\d{2}$/.test(text) && toText(toNumber(text)) === text;
}

function toNumber(day: string): number {
  return Math.floor(Date.parse(`${day}T00:00:00Z`) / DAY_MS);
}

function toText(number: number): string {
  return Number.isFinite(number) ? new Date(number * DAY_MS).toISOString().slice(0, 10) : "";
}

export function addDays(day: string, days: number): string {
  return toText(toNumber(day) + days);
}

/** Days from `from` to `to`, both counted. */
export function lengthInDays(range: DayRange): number {
  return toNumber(range.to) - toNumber(range.from) + 1;
}

/** The day it is in a time zone. An unknown zone counts as UTC. */
export function today(now: number, timeZone: string): string {
  const options = { year: "numeric", month: "2-digit", day: "2-digit" } as const;
  try {
    return new Intl.DateTimeFormat("en-CA", { ...options, timeZone }).format(now);
  } catch {
    return new Intl.DateTimeFormat("en-CA", { ...options, timeZone: "UTC" }).format(now);
  }
}

/** The days a preset means when it is `day`. */
export function presetRange(preset: Preset, day: string): DayRange {
  switch (preset) {
    case "today":
      return { from: day, to: day };
    case "mtd":
      return { from: `${day.slice(0, 7)}-01`, to: day };
    case "last_month": {
      const last = addDays(`${day.slice(0, 7)}-01`, -1);
      return { from: `${last.slice(0, 7)}-01`, to: last };
    }
    default:
      return { from: addDays(day, 1 - Number.parseInt(preset, 10)), to: day };
  }
}

/** The range a URL asks for: explicit days win over a preset, no word at all is the default preset. */
export function resolveRange(
  asked: { range?: Preset | undefined; from?: string | undefined; to?: string | undefined },
  day: string,
): DayRange & { preset: Preset | null } {
  if (asked.from && asked.to && asked.from <= asked.to) return { from: asked.from, to: asked.to, preset: null };
  const preset = asked.range ?? DEFAULT_PRESET;
  return { ...presetRange(preset, day), preset };
}

/** The period of equal length that ends the day before. */
export function previousRange(range: DayRange): DayRange {
  const to = addDays(range.from, -1);
  return { from: addDays(to, 1 - lengthInDays(range)), to };
}

/** A granularity that gives a readable number of buckets (24 to some 90). */
export function defaultGranularity(range: DayRange): Granularity {
  const days = lengthInDays(range);
  if (days <= 2) return "h";
  if (days <= 92) return "d";
  return days <= 400 ? "w" : "m";
}

/** Granularities that make sense for a range: no hours over a quarter, no months within a week. */
export function allowedGranularities(range: DayRange): Granularity[] {
  const days = lengthInDays(range);
  return GRANULARITIES.filter((gran) =>
    gran === "h" ? days <= 14 : gran === "d" ? days <= 400 : gran === "w" ? days >= 14 : days >= 45,
  );
}

/** "1 – 20 Nov 2026", "28 Oct – 3 Nov 2026", "20 Nov 2026". */
export function rangeText(range: DayRange): string {
  const part = (day: string, options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" }).format(Date.parse(`${day}T00:00:00Z`));
  const full = { day: "numeric", month: "short", year: "numeric" } as const;
  if (range.from === range.to) return part(range.to, full);
  if (range.from.slice(0, 7) === range.to.slice(0, 7)) return `${part(range.from, { day: "numeric" })} – ${part(range.to, full)}`;
  if (range.from.slice(0, 4) === range.to.slice(0, 4)) {
    return `${part(range.from, { day: "numeric", month: "short" })} – ${part(range.to, full)}`;
  }
  return `${part(range.from, full)} – ${part(range.to, full)}`;
}

/** Most days of promotion that can be named, as the API has it. */
export const MAX_PROMOTIONS = 200;

/** The days a text names, each once, in order; what is no day is left out. */
export function daysIn(words: string): string[] {
  return [...new Set(words.split(/[\s,;]+/).filter(isDay))].sort().slice(0, MAX_PROMOTIONS);
}
