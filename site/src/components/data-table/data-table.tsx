import {
  type ColumnDef,
  createColumnHelper,
  createSortedRowModel,
  rowSortingFeature,
  type RowData,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";
import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

const features = tableFeatures({ rowSortingFeature, sortedRowModel: createSortedRowModel() });
export type Features = typeof features;
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- a column's value type differs from column to column
export type Column<Row extends RowData> = ColumnDef<Features, Row, any>;

/** Columns of one kind of row. */
export function columnsOf<Row extends RowData>() {
  return createColumnHelper<Features, Row>();
}

/** Orders by number, with "no figure" always after every figure. */
export function byNumber(read: (row: never) => number | null | undefined) {
  return (a: { original: unknown }, b: { original: unknown }) =>
    (read(a.original as never) ?? -Infinity) - (read(b.original as never) ?? -Infinity);
}

/**
 * A sortable table. The order is the caller's (it lives in the URL) as `column.asc` or `column.desc`; the first
 * column stays in sight while the others scroll; `footer` holds the totals, one cell a column.
 */
export function DataTable<Row extends RowData>({
  label,
  rows,
  columns,
  sort,
  onSort,
  rowKey,
  footer,
  align = {},
}: {
  label: string;
  rows: readonly Row[];
  columns: Column<Row>[];
  sort: string;
  onSort: (sort: string) => void;
  rowKey: (row: Row) => string;
  footer?: Record<string, ReactNode>;
  /** Columns whose text starts at the left; the others are figures. */
  align?: Record<string, "left">;
}) {
  const [column = "", direction] = sort.split(".");
  const table = useTable({
    features,
    columns,
    data: rows as Row[],
    getRowId: rowKey,
    enableSortingRemoval: false,
    sortDescFirst: true,
    state: { sorting: [{ id: column, desc: direction !== "asc" }] },
    onSortingChange: (update) => {
      const next = typeof update === "function" ? update([{ id: column, desc: direction !== "asc" }]) : update;
      const first = next[0];
      if (first) onSort(`${first.id}.${first.desc ? "desc" : "asc"}`);
    },
  });
  return (
    <div className="thin-scroll overflow-x-auto">
      <table aria-label={label} className="w-full border-separate border-spacing-0 text-[0.8125rem]">
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header, index) => {
                const sorted = header.column.getIsSorted();
                const left = align[header.column.id] === "left";
                return (
                  <th
                    key={header.id}
                    scope="col"
                    aria-sort={sorted === "asc" ? "ascending" : sorted === "desc" ? "descending" : undefined}
                    className={cn(
                      "bg-card text-muted-foreground border-b px-3 py-0 text-xs font-medium whitespace-nowrap first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5",
                      left ? "text-left" : "text-right",
                      index === 0 && "sticky left-0 z-10",
                    )}
                  >
                    {header.column.getCanSort() ? (
                      <button
                        type="button"
                        onClick={header.column.getToggleSortingHandler()}
                        className={cn(
                          "focus-ring group hover:text-foreground inline-flex h-9 items-center gap-1 rounded-sm -outline-offset-2 transition-colors",
                          !left && "flex-row-reverse",
                          sorted && "text-foreground",
                        )}
                      >
                        <table.FlexRender header={header} />
                        {sorted === "asc" ? (
                          <ArrowUp aria-hidden className="size-3" />
                        ) : sorted === "desc" ? (
                          <ArrowDown aria-hidden className="size-3" />
                        ) : (
                          <ChevronsUpDown aria-hidden className="size-3 opacity-0 transition-opacity group-hover:opacity-60" />
                        )}
                      </button>
                    ) : (
                      <span className="inline-flex h-9 items-center">
                        <table.FlexRender header={header} />
                      </span>
                    )}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <tr key={row.id} className="group/row">
              {row.getAllCells().map((cell, index) => {
                const Cell = index === 0 ? "th" : "td";
                return (
                  <Cell
                    key={cell.id}
                    {...(index === 0 ? { scope: "row" as const } : {})}
                    className={cn(
                      "bg-card group-hover/row:bg-muted h-11 border-b px-3 font-normal whitespace-nowrap transition-colors first:pl-4 last:pr-4 group-last/row:border-b-0 sm:first:pl-5 sm:last:pr-5",
                      align[cell.column.id] === "left" ? "text-left" : "tabular text-right",
                      index === 0 && "sticky left-0 z-10 max-w-56",
                    )}
                  >
                    <table.FlexRender cell={cell} />
                  </Cell>
                );
              })}
            </tr>
          ))}
        </tbody>
        {footer ? (
          <tfoot>
            <tr>
              {table.getHeaderGroups()[0]?.headers.map((header, index) => {
                const Cell = index === 0 ? "th" : "td";
                return (
                  <Cell
                    key={header.id}
                    {...(index === 0 ? { scope: "row" as const } : {})}
                    className={cn(
                      "bg-card h-11 border-t border-t-border-strong px-3 font-semibold whitespace-nowrap first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5",
                      align[header.column.id] === "left" ? "text-left" : "tabular text-right",
                      index === 0 && "sticky left-0 z-10",
                    )}
                  >
                    {footer[header.column.id]}
                  </Cell>
                );
              })}
            </tr>
          </tfoot>
        ) : null}
      </table>
    </div>
  );
}
