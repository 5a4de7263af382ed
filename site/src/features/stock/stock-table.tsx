import { useSearch } from "@tanstack/react-router";
import { ArrowDown, ArrowUp, ChevronsUpDown } from "lucide-react";

import type { Stock, StockItem } from "@/api/stock";
import { LoadMore } from "@/components/load-more";
import { SearchInput } from "@/components/search-input";
import { NoResults } from "@/components/states/empty";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { usePatchSearch } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { count, money, NONE, plural } from "@/lib/format";

import type { ShowWhich, SortBy } from "./search";
import { chance, lasts, lastsRange, pace, paceRange, units } from "./words";

/** The columns, each with its natural direction: what wants looking at first. */
const COLUMNS: { sort: SortBy; label: string; natural: "ascending" | "descending" }[] = [
  { sort: "product", label: "Product", natural: "ascending" },
  { sort: "on_hand", label: "On hand", natural: "descending" },
  { sort: "demand", label: "Sells a day", natural: "descending" },
  { sort: "cover", label: "Lasts", natural: "ascending" },
  { sort: "risk", label: "Chance to run out", natural: "descending" },
  { sort: "reorder_point", label: "Order at", natural: "descending" },
  { sort: "order_now", label: "Order now", natural: "descending" },
];

const LEFT_OUT: Record<string, string> = { not_on_sale: "draft or archived", sells_least: "not forecast by itself: sells least" };

/** The variants, what runs out first on top; each opens its forecast. */
export function StockTable({
  stock,
  rows,
  more,
  fading,
}: {
  stock: Stock;
  rows: StockItem[];
  more: { has: boolean; loading: boolean; next: () => void };
  fading: boolean;
}) {
  const search = useSearch({ from: "/app/stock" });
  const patch = usePatchSearch();
  const sort = search.sort ?? "risk";
  const { totals, terms, currency } = stock;
  const order = (column: SortBy) =>
    patch({ sort: column === "risk" ? undefined : column, reverse: column === sort && !search.reverse ? true : undefined });
  const shows: { value: ShowWhich; label: string; number: number }[] = [
    { value: "all", label: "All variants", number: totals.variants },
    { value: "order", label: "To order now", number: totals.to_order },
    { value: "runs_out", label: "Gone before an order arrives", number: totals.runs_out },
    { value: "dead", label: "Not sold for 90 days", number: totals.dead },
    { value: "unknown", label: "Stock not known", number: totals.unknown },
    { value: "left_out", label: "Not forecast by themselves", number: totals.left_out },
  ];
  return (
    <Card aria-label="Variants" className="overflow-hidden">
      <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2.5 sm:px-5">
        <SearchInput
          label="Search variants"
          placeholder="Product, SKU, maker…"
          value={search.q ?? ""}
          onChange={(next) => patch({ q: next || undefined })}
          className="w-full sm:w-72"
        />
        <Select
          label="Which variants"
          value={search.show ?? "all"}
          onChange={(next) => patch({ show: next === "all" ? undefined : next })}
          options={shows
            .filter(({ value, number }) => value === "all" || number > 0 || value === search.show)
            .map(({ value, label, number }) => ({ value, label: `${label} (${count(number)})` }))}
        />
      </div>
      {rows.length === 0 ? (
        <NoResults what="variants" onClear={() => patch({ q: undefined, show: undefined })} />
      ) : (
        <>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard */}
          <div role="region" aria-label="List of variants" tabIndex={0} className={cn("focus-ring thin-scroll overflow-x-auto -outline-offset-2 transition-opacity", fading && "opacity-60")}>
            <table aria-label="Variants" className="tabular w-full border-separate border-spacing-0 text-[0.8125rem]">
              <thead>
                <tr className="text-muted-foreground text-xs">
                  {COLUMNS.map((column, index) => {
                    const sorted = column.sort === sort ? (search.reverse ? opposite(column.natural) : column.natural) : undefined;
                    const Mark = sorted === "ascending" ? ArrowUp : sorted === "descending" ? ArrowDown : ChevronsUpDown;
                    return (
                      <th
                        key={column.sort}
                        scope="col"
                        aria-sort={sorted}
                        className={cn("bg-card h-9 border-b px-3 font-medium whitespace-nowrap last:pr-4 sm:last:pr-5", index === 0 ? "sticky left-0 z-10 pl-4 text-left sm:pl-5" : "text-right")}
                      >
                        <button
                          type="button"
                          onClick={() => order(column.sort)}
                          className={cn(
                            "focus-ring group hover:text-foreground inline-flex h-9 items-center gap-1 rounded-sm -outline-offset-2 transition-colors",
                            index > 0 && "flex-row-reverse",
                            sorted && "text-foreground",
                          )}
                        >
                          {column.label}
                          <Mark aria-hidden className={cn("size-3", !sorted && "opacity-0 transition-opacity group-hover:opacity-60")} />
                        </button>
                      </th>
                    );
                  })}
                </tr>
              </thead>
              <tbody>
                {rows.map((row) => (
                  <Row key={row.id} row={row} currency={currency} late={1 - terms.service_level} onOpen={() => patch({ item: row.id })} />
                ))}
              </tbody>
            </table>
          </div>
          <LoadMore has={more.has} loading={more.loading} onMore={more.next} shown={rows.length} what={`of ${plural(stock.matching, "variant")}`} />
        </>
      )}
    </Card>
  );
}

const opposite = (direction: "ascending" | "descending") => (direction === "ascending" ? "descending" : "ascending");

function Row({ row, currency, late, onOpen }: { row: StockItem; currency: string; late: number; onOpen: () => void }) {
  const cell = "bg-card group-hover/row:bg-muted border-b px-3 py-2 text-right whitespace-nowrap transition-colors last:pr-4 group-last/row:border-b-0 sm:last:pr-5";
  const small = "text-muted-foreground block text-2xs leading-4";
  const details = [row.variant, row.sku].filter(Boolean).join(" · ");
  const range = lastsRange(row);
  const risk = row.stockout;
  const order = row.order_now;
  return (
    <tr className="group/row">
      <th scope="row" className="bg-card group-hover/row:bg-muted sticky left-0 z-10 max-w-44 min-w-36 border-b py-2 pr-3 pl-4 text-left font-normal transition-colors group-last/row:border-b-0 sm:max-w-72 sm:pl-5">
        {row.daily ? (
          <button type="button" onClick={onOpen} className="focus-ring hover:text-link block max-w-full truncate rounded-sm leading-4 font-medium">
            {row.product}
          </button>
        ) : (
          <span className="block truncate leading-4 font-medium">{row.product}</span>
        )}
        <span className={cn(small, "truncate")}>{details || row.vendor || "one variant"}</span>
      </th>
      <td className={cell}>
        {row.on_hand == null ? <span className="text-muted-foreground">not known</span> : <span className={cn(row.on_hand <= 0 && "text-destructive font-medium")}>{count(row.on_hand)}</span>}
      </td>
      <td className={cell}>
        {row.daily ? (
          <>
            <span className="block leading-4">{pace(row.daily.mean)}</span>
            <span className={small}>{paceRange(row.daily)}</span>
          </>
        ) : (
          <span className="text-muted-foreground block leading-4">{row.left_out ? LEFT_OUT[row.left_out] : "no sale in a year"}</span>
        )}
        {row.dead ? <span className="text-warning block text-2xs leading-4 font-medium">not sold for 90 days</span> : null}
      </td>
      <td className={cell}>
        <span className={cn("block leading-4", !row.cover && "text-muted-foreground")}>{lasts(row)}</span>
        {range ? <span className={small}>{range}</span> : null}
      </td>
      <td className={cell}>
        {risk == null ? (
          <span className="text-muted-foreground">{NONE}</span>
        ) : (
          <span className="inline-flex items-center gap-2">
            <span aria-hidden className="bg-muted hidden h-1.5 w-14 overflow-hidden rounded-full sm:block">
              <span className={cn("block h-full rounded-full", risk >= 0.5 ? "bg-destructive" : risk > late ? "bg-warning" : "bg-primary")} style={{ width: `${risk * 100}%` }} />
            </span>
            <span className={cn("min-w-10", risk >= 0.5 && "text-destructive font-medium")}>{chance(risk)}</span>
          </span>
        )}
      </td>
      <td className={cell}>{units(row.reorder_point)}</td>
      <td className={cell}>
        {order == null ? (
          <span className="text-muted-foreground">{NONE}</span>
        ) : order === 0 ? (
          <span className="text-muted-foreground">0</span>
        ) : (
          <>
            <span className="block leading-4 font-medium">{count(order)}</span>
            {row.order_cost == null ? null : <span className={small}>{money(row.order_cost, currency)}</span>}
          </>
        )}
      </td>
    </tr>
  );
}
