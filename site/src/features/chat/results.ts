/** What a tool answered, as rows and facts for people. Every operation answers with JSON of its own shape. */
import { count, dateTime, figure, NONE } from "@/lib/format";

export interface Result {
  facts: { name: string; text: string; before?: string }[];
  columns: string[];
  rows: string[][];
  /** How many rows there are altogether. */
  total: number;
}

/** What is known to read the values by. */
export interface Reading {
  currency: string;
  zone: string;
  /** The catalog's metric of this id; null for what is none. */
  metric: (id: string) => { label: string; unit: string } | null;
}

/** Most columns and rows that are shown; the answer itself has all. */
const MOST_COLUMNS = 5;
const MOST_ROWS = 50;

/** What says best which thing a row is about, and how it stands. */
const FIRST = ["key", "name", "title", "label", "question", "action", "event", "kind", "agent", "type", "status"];
const FIGURES = ["revenue", "orders", "sessions", "spend", "roas", "cvr"];

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json => typeof value === "object" && value !== null && !Array.isArray(value);
const isScalar = (value: unknown): value is string | number | boolean => ["string", "number", "boolean"].includes(typeof value);

/** `time_zone` as "Time zone". */
export const named = (key: string) => key.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());

/** Whether a text is an id nobody reads. */
const isId = (key: string, value: unknown) => /(^|_)(id|hash|etag|snippet|url)$/.test(key) || (typeof value === "string" && /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(value));

export function cell(key: string, value: unknown, reading: Reading): string {
  if (value === null || value === undefined || value === "") return NONE;
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (typeof value === "number") {
    const metric = reading.metric(key);
    if (metric) return figure(value, metric.unit, reading.currency);
    return key.endsWith("_at") || key === "t" ? dateTime(value, reading.zone) : count(value, { digits: Number.isInteger(value) ? 0 : 2 });
  }
  return typeof value === "string" ? value : JSON.stringify(value);
}

const label = (key: string, reading: Reading) => reading.metric(key)?.label ?? named(key);

/** A row's own fields, and the metrics in it as fields too. */
const flat = (row: Json): Json => ({ ...row, ...(isObject(row.metrics) ? row.metrics : {}) });

function columnsOf(rows: readonly Json[]): string[] {
  const keys = [...new Set(rows.slice(0, 20).flatMap(Object.keys))].filter((key) => rows.some((row) => isScalar(row[key]) && row[key] !== "" && !isId(key, row[key])));
  const rank = (key: string) => {
    const [first, shown] = [FIRST.indexOf(key), FIGURES.indexOf(key)];
    return first >= 0 ? first : shown >= 0 ? FIRST.length + shown : FIRST.length + FIGURES.length;
  };
  return keys
    .map((key, at) => ({ key, at }))
    .sort((a, b) => rank(a.key) - rank(b.key) || a.at - b.at)
    .slice(0, MOST_COLUMNS)
    .map((one) => one.key);
}

/** An answer as rows and facts; what cannot be shown so is only in the answer itself. */
export function readable(output: unknown, reading: Reading): Result {
  const top: Json = Array.isArray(output) ? { rows: output } : isObject(output) ? output : {};
  const known = typeof top.currency === "string" && top.currency ? { ...reading, currency: top.currency } : reading;
  const list = Object.values(top).find((value): value is Json[] => Array.isArray(value) && value.length > 0 && value.every(isObject)) ?? [];
  const rows = list.map(flat);
  const columns = columnsOf(rows);
  const previous = isObject(top.previous) ? top.previous : {};
  const metrics = isObject(top.metrics) ? top.metrics : {};
  const facts = [
    ...Object.entries(top)
      .filter(([key, value]) => isScalar(value) && value !== "" && !isId(key, value) && key !== "currency")
      .map(([key, value]) => ({ name: label(key, known), text: cell(key, value, known) })),
    ...Object.entries(metrics)
      .filter(([key, value]) => isScalar(value) && known.metric(key) !== null)
      .map(([key, value]) => ({ name: label(key, known), text: cell(key, value, known), ...(isScalar(previous[key]) ? { before: cell(key, previous[key], known) } : {}) })),
  ];
  return {
    facts,
    columns: columns.map((key) => label(key, known)),
    rows: rows.slice(0, MOST_ROWS).map((row) => columns.map((key) => cell(key, row[key], known))),
    total: rows.length,
  };
}
