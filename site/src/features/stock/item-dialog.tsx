import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";

import { type Stock, type StockForecast, stockForecastQuery, type StockItem } from "@/api/stock";
import { Legend, TimeSeries } from "@/components/chart/time-series";
import { ErrorState } from "@/components/states/error";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { drawn } from "@/features/forecast/drawn";
import { KINDS, modelName } from "@/features/forecast/words";
import { useScope } from "@/hooks/use-scope";
import { bucket, count, money, NONE, plural } from "@/lib/format";

import { chance, pace, units } from "./words";

/** A variant's forecast with its ranges, what follows from it, and how it adds up to its product's and the shop's. */
export function ItemDialog({ item, stock, computedAt, onClose }: { item: StockItem | null; stock: Stock; computedAt: number; onClose: () => void }) {
  return (
    <Dialog open={item !== null} onOpenChange={(open) => (open ? undefined : onClose())}>
      {item ? (
        <DialogContent
          title={item.variant ? `${item.product}, ${item.variant}` : item.product}
          description={[item.sku, item.vendor].filter(Boolean).join(" · ") || "Forecast and stock"}
          className="sm:w-[min(48rem,calc(100vw-2rem))]"
        >
          <Inside item={item} stock={stock} computedAt={computedAt} />
        </DialogContent>
      ) : null}
    </Dialog>
  );
}

type Level = "variant" | "product" | "shop";

function Inside({ item, stock, computedAt }: { item: StockItem; stock: Stock; computedAt: number }) {
  const { site } = useScope();
  const [level, setLevel] = useState<Level>("variant");
  const of = { variant: item.id, product: item.product_id, shop: "shop" }[level];
  const asked = useQuery(stockForecastQuery(site.key, of, computedAt));
  return (
    <div className="space-y-4">
      <Facts item={item} stock={stock} />
      <Segmented
        label="Forecast of"
        value={level}
        onChange={setLevel}
        segments={[
          { value: "variant", label: "This variant" },
          ...(item.product_id ? [{ value: "product" as const, label: "Its product" }] : []),
          { value: "shop", label: "The shop" },
        ]}
      />
      {asked.isError ? (
        <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
      ) : asked.isPending ? (
        <Skeleton className="h-80 w-full" />
      ) : (
        <Chart forecast={asked.data} zone={site.time_zone} />
      )}
    </div>
  );
}

function Facts({ item, stock }: { item: StockItem; stock: Stock }) {
  const { terms, currency } = stock;
  const until = terms.lead_days + terms.review_days;
  const demand = item.lead_demand;
  const facts: [string, string, string?][] = [
    ["On hand", item.on_hand == null ? "not known" : count(item.on_hand), item.value == null ? undefined : `${money(item.value, currency)} at cost`],
    ["Sold in 90 days", count(item.sold_90), item.last_sale ? `last on ${item.last_sale}` : "never"],
    [`Demand in ${plural(terms.lead_days, "day")}`, demand ? units(demand.mean) : NONE, demand ? `${units(demand.low)} to ${units(demand.high)}, four times in five` : undefined],
    ["Chance to run out", chance(item.stockout), "before an order placed today arrives"],
    ["The same if you wait", chance(item.stockout_if_waiting), `and order in ${plural(terms.review_days, "day")} only`],
    ["Order at", units(item.reorder_point), item.safety_stock == null ? undefined : `${pace(item.safety_stock)} of them in reserve, for ${plural(until, "day")}`],
    ["Order now", item.order_now == null ? NONE : count(item.order_now), item.order_cost ? money(item.order_cost, currency) : undefined],
    ...(item.economic_quantity == null ? [] : [["Cheapest order", units(item.economic_quantity), "where ordering costs as much as holding"] as [string, string, string]]),
  ];
  return (
    <dl className="grid grid-cols-2 gap-x-4 gap-y-3 sm:grid-cols-4">
      {facts.map(([label, value, more]) => (
        <div key={label} className="min-w-0">
          <dt className="text-muted-foreground text-xs">{label}</dt>
          <dd className="tabular text-sm font-semibold">{value}</dd>
          {more ? <dd className="text-muted-foreground tabular text-2xs text-pretty">{more}</dd> : null}
        </div>
      ))}
    </dl>
  );
}

function Chart({ forecast, zone }: { forecast: StockForecast; zone: string }) {
  const { series, bands } = useMemo(() => drawn(forecast, "Units sold"), [forecast]);
  const { parts, ahead, total, total_alone, learnt_from, models } = forecast;
  const value = (number: number | null | undefined) => (number == null ? NONE : pace(number));
  const shown = parts.slice(0, 8);
  const others = parts.slice(8).reduce((sum, part) => sum + part.total, 0);
  return (
    <div>
      <Legend series={series} bands={bands} className="mb-2 min-h-4" />
      <TimeSeries
        label={`${forecast.name}: units sold and to come`}
        series={series}
        bands={bands}
        className="h-75"
        formatValue={value}
        formatTick={(tick) => count(tick, { compact: true })}
        formatTime={(t) => bucket(t, "d", zone)}
        formatTimeLong={(t) => bucket(t, "d", zone, true)}
      />
      <p className="text-muted-foreground mt-3 text-xs text-pretty">
        {forecast.name}: {pace(total)} units expected in {plural(ahead.length, "day")}
        {Math.abs(total - total_alone) >= 0.05 ? ` (${pace(total_alone)} before the forecasts were made to add up)` : ""}. Learnt from {plural(learnt_from, "day")} (
        {KINDS[forecast.kind] ?? forecast.kind}) by {models.map(modelName).join(", ")}.
      </p>
      {shown.length > 0 ? (
        <table aria-label="What it consists of" className="tabular mt-3 w-full text-[0.8125rem]">
          <tbody>
            {shown.map((part) => (
              <tr key={part.id}>
                <th scope="row" className="max-w-0 truncate py-0.5 pr-3 text-left font-normal">
                  {part.name}
                </th>
                <td className="w-24 py-0.5 text-right">{pace(part.total)}</td>
              </tr>
            ))}
            {parts.length > shown.length ? (
              <tr className="text-muted-foreground">
                <th scope="row" className="py-0.5 text-left font-normal">
                  {count(parts.length - shown.length)} more
                </th>
                <td className="py-0.5 text-right">{pace(others)}</td>
              </tr>
            ) : null}
            <tr>
              <th scope="row" className="border-t py-1 text-left font-semibold">
                Together
              </th>
              <td className="border-t py-1 text-right font-semibold">{pace(total)}</td>
            </tr>
          </tbody>
        </table>
      ) : null}
    </div>
  );
}
