import { Rows3 } from "lucide-react";
import { useMemo, useState } from "react";

import type { AnswerChart, AnswerColumn } from "@/api/questions";
import { Bars } from "@/components/chart/bars";
import { type ChartSeries, Legend, TimeSeries } from "@/components/chart/time-series";
import { type Column, columnsOf, DataTable } from "@/components/data-table/data-table";
import { Delta } from "@/components/delta";
import { NothingYet } from "@/components/states/empty";
import { useMetrics } from "@/hooks/use-metrics";
import { seriesColor } from "@/lib/channels";
import { bucket, change, figure, plural } from "@/lib/format";

import { bucketText, cellText, figuresOf, granularityOf, isFigure, linesOf, numberOf } from "./answer";

interface Answered {
  label: string;
  chart: AnswerChart;
  columns: readonly AnswerColumn[];
  rows: unknown[][];
}

/** Most bars that can be read beside each other; the table has them all. */
const MOST_BARS = 20;

/** An answer drawn the way its chart says, and its rows below, where they say more. */
export function AnswerRows({ label, chart, columns, rows }: Answered) {
  if (rows.length === 0) {
    return (
      <NothingYet icon={Rows3} title="No rows" className="py-10">
        Nothing in the data fits. Other days or fewer conditions may find something.
      </NothingYet>
    );
  }
  if (chart === "kpi") return <Figures columns={columns} row={rows[0] ?? []} />;
  const drawn = chart === "line" ? <Lines label={label} columns={columns} rows={rows} /> : chart === "bar" ? <BarRows label={label} columns={columns} rows={rows} /> : null;
  return (
    <>
      {drawn ? <div className="border-b px-4 py-4 sm:px-5">{drawn}</div> : null}
      <RowTable label={label} columns={columns} rows={rows} />
    </>
  );
}

function Figures({ columns, row }: { columns: readonly AnswerColumn[]; row: unknown[] }) {
  const { get } = useMetrics();
  return (
    <dl className="flex flex-wrap gap-x-12 gap-y-5 px-4 py-5 sm:px-5">
      {figuresOf(columns, row).map(({ column, value, previous }) => (
        <div key={column.name} className="min-w-0">
          <dt className="text-muted-foreground text-[0.8125rem] first-letter:uppercase">{column.label}</dt>
          <dd className="tabular text-4xl leading-12 font-semibold tracking-[-0.02em] break-words">{cellText(value, column)}</dd>
          {previous !== undefined ? (
            <dd className="flex items-center gap-1.5">
              <Delta change={change(numberOf(value), numberOf(previous))} better={get(column.name).better} />
              <span className="text-muted-foreground tabular text-xs">from {cellText(previous, column)}</span>
            </dd>
          ) : null}
        </div>
      ))}
    </dl>
  );
}

const COLORS = ["var(--chart-primary)", "var(--chart-secondary)"];

function Lines({ label, columns, rows }: Omit<Answered, "chart">) {
  const drawn = useMemo(() => linesOf(columns, rows), [columns, rows]);
  const gran = granularityOf(columns[0]);
  if (!drawn) return null;
  const { unit } = drawn;
  const series: ChartSeries[] = drawn.lines.map((line, index) => ({
    key: line.name,
    label: line.label,
    color: line.before ? "var(--chart-previous)" : (COLORS[index] ?? seriesColor(line.name, index)),
    points: line.points,
    faint: line.before,
    filled: index === 0,
  }));
  const read = (value: number | null, compact = false) => figure(value, unit.unit, unit.currency ?? "", { compact });
  return (
    <div className="flex h-80 flex-col">
      <Legend series={series} className="mb-2" />
      <TimeSeries
        label={label}
        series={series}
        className="min-h-0 flex-1"
        formatValue={(value) => read(value)}
        formatTick={(value) => read(value, true)}
        formatTime={(t) => bucket(t, gran, "UTC")}
        formatTimeLong={(t) => bucket(t, gran, "UTC", true)}
      />
    </div>
  );
}

function BarRows({ label, columns, rows }: Omit<Answered, "chart">) {
  const at = columns.findIndex((column, index) => index > 0 && isFigure(column, rows, index));
  const column = columns[at];
  if (!column) return null;
  const before = columns.findIndex((other) => other.name === `${column.name}_previous`);
  const bars = rows.slice(0, MOST_BARS).map((row, index) => {
    const name = String(row[0] ?? "") || "(none)";
    const value = numberOf(row[at]);
    return {
      key: `${name} ${index}`,
      label: name,
      color: seriesColor(name, index),
      value: value ?? 0,
      text: cellText(value, column),
      ...(before >= 0 ? { reference: numberOf(row[before]) } : {}),
    };
  });
  return (
    <>
      <Bars label={label} bars={bars} />
      {before >= 0 || rows.length > MOST_BARS ? (
        <p className="text-muted-foreground mt-2 text-xs">
          {before >= 0 ? "The marks show the days compared with. " : ""}
          {rows.length > MOST_BARS ? `The first ${MOST_BARS} of ${plural(rows.length, "row")}; the table has all.` : ""}
        </p>
      ) : null}
    </>
  );
}

interface Row {
  index: number;
  cells: unknown[];
}

const helper = columnsOf<Row>();

/** Text by its letters, figures by their size; what is missing comes last. */
function compare(a: unknown, b: unknown): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (a == null || b == null) return a == null ? (b == null ? 0 : -1) : 1;
  return String(a).localeCompare(String(b), "en", { numeric: true });
}

function RowTable({ label, columns, rows }: Omit<Answered, "chart">) {
  const [sort, setSort] = useState("");
  const data = useMemo<Row[]>(() => rows.map((cells, index) => ({ index, cells })), [rows]);
  const shown = useMemo<Column<Row>[]>(
    () =>
      columns.map((column, at) =>
        helper.accessor((row) => row.cells[at], {
          id: `c${at}`,
          header: column.label,
          cell: ({ row }) => {
            const cell = row.original.cells[at];
            const text = column.unit === "date" ? bucketText(cell, column) : cellText(cell, column);
            if (isFigure(column, rows, at)) return text;
            return (
              <span className="block max-w-96 truncate" title={text.length > 40 ? text : undefined}>
                {text}
              </span>
            );
          },
          sortFn: (a, b) => compare(a.original.cells[at], b.original.cells[at]),
        }),
      ),
    [columns, rows],
  );
  const align = Object.fromEntries(columns.flatMap((column, at) => (isFigure(column, rows, at) ? [] : [[`c${at}`, "left" as const]])));
  return (
    <div className="thin-scroll max-h-120 overflow-y-auto">
      <DataTable label={`Rows: ${label}`} rows={data} columns={shown} sort={sort} onSort={setSort} rowKey={(row) => String(row.index)} align={align} />
    </div>
  );
}
