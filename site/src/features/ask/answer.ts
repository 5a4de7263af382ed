/** How the rows of an answer become figures, lines and bars. Nothing here draws. */
import type { AnswerColumn } from "@/api/questions";
import { bucket, count, figure, NONE } from "@/lib/format";

/** A cell as a number; null where there is none. */
export function numberOf(cell: unknown): number | null {
  return typeof cell === "number" && Number.isFinite(cell) ? cell : null;
}

/** Whether a column holds figures: by its unit, or where that is not known by what is in it. */
export function isFigure(column: AnswerColumn, rows: readonly unknown[][], at: number): boolean {
  if (column.unit === "date" || column.unit === "text") return false;
  if (column.unit !== "value") return true;
  return rows.some((row) => typeof row[at] === "number") && rows.every((row) => row[at] == null || typeof row[at] === "number");
}

/** A cell as people read it. */
export function cellText(cell: unknown, column: AnswerColumn): string {
  if (cell == null) return NONE;
  if (typeof cell === "number") return column.unit === "value" ? plain(cell) : figure(cell, column.unit, column.currency ?? "");
  if (typeof cell === "object") return JSON.stringify(cell);
  return String(cell);
}

/** A number whose unit nobody knows: as it is, to four digits after the point. */
function plain(value: number): string {
  return count(value, { digits: Number.isInteger(value) ? 0 : Math.min(4, String(value).split(".")[1]?.length ?? 4) });
}

/** The instant a bucket's name stands for, as if its zone were UTC: `2026-11-20`, `2026-11-20 14:00`, `2026-11`. */
export function bucketTime(name: unknown): number | null {
  const match = typeof name === "string" ? /^(\d{4})-(\d{2})(?:-(\d{2}))?(?:[ T](\d{2}):(\d{2}).*)?$/.exec(name) : null;
  if (!match) return null;
  const [, year, month, day = "01", hour = "00", minute = "00"] = match;
  const t = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:00Z`);
  return Number.isNaN(t) ? null : t;
}

/** How wide a bucket is, by what its column is called. */
export function granularityOf(column: AnswerColumn | undefined): "h" | "d" | "w" | "m" {
  const name = (column?.label ?? "").toLowerCase();
  return name === "hour" ? "h" : name === "week" ? "w" : name === "month" ? "m" : "d";
}

/** A bucket's name as people read it; a name that is no date stays as it is. */
export function bucketText(name: unknown, column: AnswerColumn | undefined): string {
  const t = bucketTime(name);
  return t === null ? String(name ?? NONE) : bucket(t, granularityOf(column), "UTC", true);
}

export interface Line {
  name: string;
  label: string;
  /** The same figure of the days it is compared with. */
  before: boolean;
  points: { t: number; value: number | null }[];
}

/**
 * The lines of an answer over time. Only figures of the first one's unit share an axis; the others are left to the
 * table below. Null when the first column does not hold times.
 */
export function linesOf(columns: readonly AnswerColumn[], rows: readonly unknown[][]): { lines: Line[]; unit: AnswerColumn } | null {
  const times = rows.map((row) => bucketTime(row[0]));
  const figures = columns.flatMap((column, at) => (at > 0 && isFigure(column, rows, at) ? [{ column, at }] : []));
  const unit = figures[0]?.column;
  if (!unit || rows.length < 2 || times.some((t) => t === null)) return null;
  const order = times.map((t, index) => ({ t: t ?? 0, index })).sort((a, b) => a.t - b.t);
  const lines = figures
    .filter(({ column }) => column.unit === unit.unit)
    .map(({ column, at }) => ({
      name: column.name,
      label: column.label,
      before: column.name.endsWith("_previous"),
      points: order.map(({ t, index }) => ({ t, value: numberOf(rows[index]?.[at]) })),
    }));
  return { lines, unit };
}

/** The figures of an answer's only row, each with the one it is compared with, where it is compared. */
export function figuresOf(columns: readonly AnswerColumn[], row: readonly unknown[]): { column: AnswerColumn; value: unknown; previous: unknown }[] {
  const at = (name: string) => columns.findIndex((column) => column.name === name);
  return columns.flatMap((column, index) => {
    if (column.name.endsWith("_previous") && at(column.name.slice(0, -"_previous".length)) >= 0) return [];
    const before = at(`${column.name}_previous`);
    return [{ column, value: row[index], previous: before >= 0 ? (row[before] ?? null) : undefined }];
  });
}
