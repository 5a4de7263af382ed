/**
 * Figures as people read them. The API sends money as integer minor units beside an ISO 4217 code, rates as
 * fractions and instants as UTC milliseconds; nothing else in the site turns those into text.
 */

export type Unit = "money" | "count" | "ratio" | "percent";

/** Stands for "cannot be said": a rate whose divisor is 0, a figure nobody has yet. */
export const NONE = "–";

const LOCALE = "en";

const cache = new Map<string, Intl.NumberFormat>();

function numberFormat(options: Intl.NumberFormatOptions): Intl.NumberFormat {
  const key = JSON.stringify(options);
  let format = cache.get(key);
  if (!format) {
    // Nothing, rounded from below, has no sign: not "-0".
    format = new Intl.NumberFormat(LOCALE, { signDisplay: "negative", ...options });
    cache.set(key, format);
  }
  return format;
}

/** Digits after the decimal point of a currency: 2 for EUR, 0 for JPY, 3 for KWD. 2 when the code is unknown. */
export function exponent(currency: string): number {
  try {
    return numberFormat({ style: "currency", currency }).resolvedOptions().maximumFractionDigits ?? 2;
  } catch {
    return 2;
  }
}

export interface FigureOptions {
  /** Shortens large figures: "€12.3K". For axes and tight places. */
  compact?: boolean;
  /** Puts "+" before what is above zero. */
  signed?: boolean;
  /** Leaves the cents out. For columns that hold large sums, so that all their rows read alike. */
  whole?: boolean;
}

/** Minor units of a currency as text; a missing or unknown code shows the plain number with two digits. */
export function money(minor: number | null | undefined, currency: string, options: FigureOptions = {}): string {
  if (minor == null || !Number.isFinite(minor)) return NONE;
  const digits = exponent(currency);
  const major = minor / 10 ** digits;
  // Cents say nothing beside tens of thousands.
  const whole = options.whole === true || Math.abs(major) >= 10_000;
  const shape: Intl.NumberFormatOptions = {
    ...(options.signed ? { signDisplay: "exceptZero" } : {}),
    ...(options.compact && Math.abs(major) >= 1000
      ? { notation: "compact", maximumFractionDigits: 1, minimumFractionDigits: 0 }
      : {
          minimumFractionDigits: whole || (options.compact && Number.isInteger(major)) ? 0 : digits,
          maximumFractionDigits: whole ? 0 : options.compact && Number.isInteger(major) ? 0 : digits,
        }),
  };
  try {
    return numberFormat({ style: "currency", currency, currencyDisplay: "narrowSymbol", ...shape }).format(major);
  } catch {
    return numberFormat(shape).format(major);
  }
}

const CURRENCIES: ReadonlySet<string> = new Set(typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("currency") : []);

/**
 * Words of an agent, with the figures in them written as the site writes its own: "933.20 EUR" is "€933.20" and "4.4 %"
 * is "4.4%". Not a digit changes, and what is quoted stays as it was said.
 */
export function inHouse(words: string): string {
  return words
    .split(/(“[^”]*”|"[^"]*"|`[^`]*`)/)
    .map((part, index) =>
      index % 2 === 1
        ? part
        : part
            .replace(/(\d)[ \u00a0\u202f]%/g, "$1%")
            .replace(/([-−]?)(\d[\d,]*(?:\.\d+)?)[ \u00a0]([A-Z]{3})\b/g, (whole, sign: string, digits: string, code: string) => {
              if (!CURRENCIES.has(code)) return whole;
              const parts = numberFormat({ style: "currency", currency: code, currencyDisplay: "narrowSymbol" }).formatToParts(1);
              const before = parts.slice(0, parts.findIndex((one) => one.type === "integer")).map((one) => one.value);
              return `${sign}${before.join("")}${digits}`;
            }),
    )
    .join("");
}

/** Whether a column of sums is better read without cents: its largest is in the tens of thousands. */
export function readsWhole(minors: readonly (number | null | undefined)[], currency: string): boolean {
  const largest = Math.max(0, ...minors.map((minor) => Math.abs(minor ?? 0)));
  return largest / 10 ** exponent(currency) >= 10_000;
}

/** Digits that let a column of credited conversions read alike: one when any of them is a fraction, else none. */
export function creditDigits(values: readonly number[]): 0 | 1 {
  return values.some((value) => Math.abs(value - Math.round(value)) > 0.04) ? 1 : 0;
}

/** A count; fractional ones (credited conversions) keep one digit. */
export function count(value: number | null | undefined, options: FigureOptions & { digits?: number } = {}): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  return numberFormat({
    minimumFractionDigits: options.digits ?? 0,
    maximumFractionDigits: options.digits ?? (options.compact && Math.abs(value) >= 1000 ? 1 : Number.isInteger(value) ? 0 : 1),
    ...(options.compact && Math.abs(value) >= 1000 ? { notation: "compact" } : {}),
    ...(options.signed ? { signDisplay: "exceptZero" } : {}),
  }).format(value);
}

/** A fraction as a percentage: 0.0234 is "2.34%". */
export function percent(fraction: number | null | undefined, options: FigureOptions & { digits?: number } = {}): string {
  if (fraction == null || !Number.isFinite(fraction)) return NONE;
  const size = Math.abs(fraction);
  const digits = options.digits ?? (size !== 0 && size < 0.1 ? 2 : 1);
  return numberFormat({
    style: "percent",
    minimumFractionDigits: options.compact ? 0 : digits,
    maximumFractionDigits: digits,
    ...(options.signed ? { signDisplay: "exceptZero" } : {}),
  }).format(fraction);
}

/** A ratio such as ROAS: "3.42×". */
export function ratio(value: number | null | undefined, options: FigureOptions = {}): string {
  if (value == null || !Number.isFinite(value)) return NONE;
  return `${numberFormat({
    minimumFractionDigits: options.compact ? 0 : 2,
    maximumFractionDigits: 2,
    ...(options.signed ? { signDisplay: "exceptZero" } : {}),
  }).format(value)}×`;
}

/** A figure of a metric, by the unit the metric catalog gives it. */
export function figure(
  value: number | null | undefined,
  unit: Unit | (string & {}),
  currency: string,
  options: FigureOptions = {},
): string {
  switch (unit) {
    case "money":
      return money(value, currency, options);
    case "percent":
      return percent(value, options);
    case "ratio":
      return ratio(value, options);
    default:
      return count(value, options);
  }
}

/** Change from `previous` to `current` as a fraction; null when either is missing or there was nothing before. */
export function change(current: number | null | undefined, previous: number | null | undefined): number | null {
  if (current == null || previous == null || previous === 0) return null;
  return (current - previous) / Math.abs(previous);
}

/** A change for a badge: "+12.4%"; past tenfold it is a factor ("14×"), since percentages stop meaning anything. */
export function changeText(fraction: number | null): string {
  if (fraction == null) return NONE;
  if (fraction >= 10) return `${Math.round(fraction + 1)}×`;
  return percent(fraction, { signed: true, digits: 1 });
}

/** Whether a change is good news, given which direction is better for the metric. */
export function tone(fraction: number | null, better: string): "good" | "bad" | "flat" {
  if (fraction == null || Math.abs(fraction) < 0.0005 || better === "none") return "flat";
  return fraction > 0 === (better === "up") ? "good" : "bad";
}

/** "1 order", "2 orders". */
export function plural(value: number, one: string, many = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : many}`;
}

const dates = new Map<string, Intl.DateTimeFormat>();

function dateFormat(timeZone: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = timeZone + JSON.stringify(options);
  let format = dates.get(key);
  if (!format) {
    try {
      format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone });
    } catch {
      format = new Intl.DateTimeFormat("en-GB", { ...options, timeZone: "UTC" });
    }
    dates.set(key, format);
  }
  return format;
}

/** "20 Nov" on the site's calendar. */
export function day(t: number, timeZone: string): string {
  return dateFormat(timeZone, { day: "numeric", month: "short" }).format(t);
}

/** "Fri 20 Nov 2026". */
export function longDay(t: number, timeZone: string): string {
  return dateFormat(timeZone, { weekday: "short", day: "numeric", month: "short", year: "numeric" })
    .format(t)
    .replace(",", "");
}

/** "14:05", or "14:05:09" with seconds. */
export function time(t: number, timeZone: string, seconds = false): string {
  return dateFormat(timeZone, {
    hour: "2-digit",
    minute: "2-digit",
    ...(seconds ? { second: "2-digit" } : {}),
    hourCycle: "h23",
  }).format(t);
}

/** "20 Nov, 14:05". */
export function dateTime(t: number, timeZone: string): string {
  return `${day(t, timeZone)}, ${time(t, timeZone)}`;
}

/** A bucket's name by granularity: an hour, a day, the week that begins then, a month. */
export function bucket(t: number, gran: string, timeZone: string, long = false): string {
  switch (gran) {
    case "h":
      return long ? `${longDay(t, timeZone)}, ${time(t, timeZone)}` : time(t, timeZone);
    case "w":
      return long ? `Week of ${longDay(t, timeZone)}` : day(t, timeZone);
    case "m":
      return dateFormat(timeZone, { month: long ? "long" : "short", year: "numeric" }).format(t);
    default:
      return long ? longDay(t, timeZone) : day(t, timeZone);
  }
}

/** How long ago, roughly: "just now", "4 min ago", "3 h ago", "2 d ago". */
export function ago(t: number, now: number): string {
  const seconds = Math.max(0, Math.round((now - t) / 1000));
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86_400) return `${Math.round(seconds / 3600)} h ago`;
  return `${Math.round(seconds / 86_400)} d ago`;
}

/** A length of time: "42 s", "4 min 10 s", "1 h 5 min", "3 d 4 h". */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  const pair = (a: number, unitA: string, b: number, unitB: string) => `${a} ${unitA}${b > 0 ? ` ${b} ${unitB}` : ""}`;
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return pair(Math.floor(seconds / 60), "min", seconds % 60, "s");
  if (seconds < 86_400) return pair(Math.floor(seconds / 3600), "h", Math.floor((seconds % 3600) / 60), "min");
  return pair(Math.floor(seconds / 86_400), "d", Math.floor((seconds % 86_400) / 3600), "h");
}

const regions = typeof Intl.DisplayNames === "function" ? new Intl.DisplayNames(LOCALE, { type: "region" }) : null;

/** A country code's name; the code itself when it is unknown. */
export function country(code: string): string {
  if (!/^[A-Z]{2}$/.test(code)) return code || NONE;
  try {
    return regions?.of(code) ?? code;
  } catch {
    return code;
  }
}

let codes: Map<string, string> | undefined;

/** The code of a country given by its code or English name; `null` when there is none. */
export function countryCode(text: string): string | null {
  const wanted = text.trim().toLowerCase();
  if (!codes) {
    codes = new Map();
    for (let first = 65; first <= 90; first += 1) {
      for (let second = 65; second <= 90; second += 1) {
        const code = String.fromCharCode(first, second);
        const name = country(code);
        // Two codes can share a name (one is historic): the first in the alphabet of the two is not always the living one.
        if (name !== code && !/unknown|pseudo/i.test(name)) {
          codes.set(code.toLowerCase(), code);
          if (!codes.has(name.toLowerCase()) || ["DE", "FR", "GB", "VN", "YE", "RS"].includes(code)) codes.set(name.toLowerCase(), code);
        }
      }
    }
  }
  return codes.get(wanted) ?? null;
}
