/** A month as a calendar shows it. Days are `YYYY-MM-DD`, months `YYYY-MM`, weeks begin on Monday. */

import { addDays, isDay, today } from "./dates";

export function isMonth(text: unknown): text is string {
  return typeof text === "string" && isDay(`${text}-01`);
}

export function shiftMonth(month: string, by: number): string {
  const [year = 0, number = 1] = month.split("-").map(Number);
  const index = year * 12 + number - 1 + by;
  return `${String(Math.floor(index / 12)).padStart(4, "0")}-${String((index % 12) + 1).padStart(2, "0")}`;
}

/** The weeks that touch a month, whole: four to six rows of seven days. */
export function monthGrid(month: string): string[][] {
  const first = `${month}-01`;
  const weekday = (new Date(`${first}T00:00:00Z`).getUTCDay() + 6) % 7;
  const end = `${shiftMonth(month, 1)}-01`;
  const weeks: string[][] = [];
  for (let day = addDays(first, -weekday); day < end; day = addDays(day, 7)) {
    weeks.push(Array.from({ length: 7 }, (_, index) => addDays(day, index)));
  }
  return weeks;
}

/** "November 2026". */
export function monthName(month: string): string {
  return new Intl.DateTimeFormat("en-GB", { month: "long", year: "numeric", timeZone: "UTC" }).format(Date.parse(`${month}-01T00:00:00Z`));
}

/** Things with a time, by the day it is then on the site's calendar, each day in order of time. */
export function byDay<T extends { at: number }>(things: readonly T[], zone: string): Map<string, T[]> {
  const days = new Map<string, T[]>();
  for (const thing of [...things].sort((a, b) => a.at - b.at)) {
    const day = today(thing.at, zone);
    const there = days.get(day);
    if (there) there.push(thing);
    else days.set(day, [thing]);
  }
  return days;
}
