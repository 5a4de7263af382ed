/**
 * Reading the URL. Every page's state lives in its search parameters, and people edit URLs: a parameter that makes
 * no sense is dropped, never an error. Parsers return undefined for "not given", so defaults stay out of the URL.
 */

import { isDay, type Preset, PRESETS } from "./dates";

export type RawSearch = Record<string, unknown>;

/** Text that is not empty. Numbers count: the router reads `?q=42` as a number. */
export function text(value: unknown, max = 200): string | undefined {
  if (typeof value === "number" || typeof value === "boolean") return String(value);
  if (typeof value !== "string") return undefined;
  const trimmed = value.trim();
  return trimmed === "" ? undefined : trimmed.slice(0, max);
}

/** One of a list; the default is dropped so that it does not show in the URL. */
export function oneOf<T extends string>(value: unknown, allowed: readonly T[], fallback?: T): T | undefined {
  const found = allowed.find((candidate) => candidate === value);
  return found === fallback ? undefined : found;
}

/** A number within bounds. */
export function number(value: unknown, min: number, max: number): number | undefined {
  const parsed = typeof value === "number" ? value : typeof value === "string" && value !== "" ? Number(value) : NaN;
  return Number.isFinite(parsed) && parsed >= min && parsed <= max ? parsed : undefined;
}

export function integer(value: unknown, min: number, max: number): number | undefined {
  const parsed = number(value, min, max);
  return parsed !== undefined && Number.isInteger(parsed) ? parsed : undefined;
}

export function day(value: unknown): string | undefined {
  return typeof value === "string" && isDay(value) ? value : undefined;
}

export function flag(value: unknown): true | undefined {
  return value === true || value === "true" || value === 1 ? true : undefined;
}

/** `column.asc` or `column.desc`. */
export function sort(value: unknown): string | undefined {
  return typeof value === "string" && /^[a-z_]+\.(asc|desc)$/.test(value) ? value : undefined;
}

/** What every page of the signed-in site shares and carries along from page to page. */
export interface ScopeSearch {
  site?: string | undefined;
  range?: Preset | undefined;
  from?: string | undefined;
  to?: string | undefined;
  compare?: "none" | undefined;
}

export const SCOPE_KEYS = ["site", "range", "from", "to", "compare"] as const;

export function scopeSearch(raw: RawSearch): ScopeSearch {
  const from = day(raw.from);
  const to = day(raw.to);
  const custom = from !== undefined && to !== undefined && from <= to;
  return {
    site: text(raw.site, 64),
    range: custom ? undefined : oneOf(raw.range, PRESETS, "30d"),
    from: custom ? from : undefined,
    to: custom ? to : undefined,
    compare: oneOf(raw.compare, ["none"] as const),
  };
}

/** Where to go after signing in: a path of this site, never another host. */
export function safeRedirect(value: unknown): string | undefined {
  if (typeof value !== "string" || !value.startsWith("/") || value.startsWith("//") || value.includes("\\")) return undefined;
  return value.startsWith("/login") ? undefined : value;
}
