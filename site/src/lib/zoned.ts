/** A site's wall clock in forms: `datetime-local` text to UTC milliseconds and back. Pure: the zone is an argument. */

function parts(t: number, zone: string): string {
  const options: Intl.DateTimeFormatOptions = {
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    hourCycle: "h23",
  };
  let format: Intl.DateTimeFormat;
  try {
    format = new Intl.DateTimeFormat("en-CA", { ...options, timeZone: zone });
  } catch {
    format = new Intl.DateTimeFormat("en-CA", { ...options, timeZone: "UTC" });
  }
  const found = Object.fromEntries(format.formatToParts(t).map((part) => [part.type, part.value]));
  return `${found.year}-${found.month}-${found.day}T${found.hour}:${found.minute}:${found.second}`;
}

/** What a clock there shows, as a `datetime-local` input takes it: `2026-11-20T14:05`. */
export function toLocal(t: number, zone: string): string {
  return parts(t, zone).slice(0, 16);
}

/** How far that clock is ahead of UTC, ms. */
export function offset(t: number, zone: string): number {
  return Date.parse(`${parts(t, zone)}Z`) - Math.floor(t / 1000) * 1000;
}

/**
 * The instant a clock there shows `local`; `null` for text that is no time. An hour that comes twice (clocks go back)
 * is taken the first time it comes; one that is left out (clocks go forward) is taken as the hour after it.
 */
export function fromLocal(local: string, zone: string): number | null {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(local)) return null;
  const naive = Date.parse(`${local}Z`);
  if (!Number.isFinite(naive)) return null;
  const early = naive - offset(naive - 86_400_000, zone);
  const late = naive - offset(naive + 86_400_000, zone);
  const fits = [Math.min(early, late), Math.max(early, late)].find((t) => toLocal(t, zone) === local.slice(0, 16));
  return fits ?? Math.max(early, late);
}

/** "Europe/Berlin, UTC+1". */
export function zoneName(t: number, zone: string): string {
  const minutes = Math.round(offset(t, zone) / 60_000);
  if (minutes === 0) return zone === "UTC" ? "UTC" : `${zone.replaceAll("_", " ")}, UTC`;
  const rest = Math.abs(minutes) % 60;
  return `${zone.replaceAll("_", " ")}, UTC${minutes < 0 ? "−" : "+"}${Math.floor(Math.abs(minutes) / 60)}${rest ? `:${String(rest).padStart(2, "0")}` : ""}`;
}
