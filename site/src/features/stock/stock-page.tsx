import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Boxes, LoaderCircle, RotateCw } from "lucide-react";
import type { ReactNode } from "react";

import { computeStock, type Stock, stockQuery, type StockStudy } from "@/api/stock";
import { describe } from "@/api/problem";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { ago, count, dateTime, money, plural } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";

import { How } from "./how";
import { ItemDialog } from "./item-dialog";
import { StockTable } from "./stock-table";
import { TermsForm } from "./terms-form";
import { units } from "./words";

const DAY = 86_400_000;
/** Days after which what was imported is too old to order by. */
const OLD = 7;

/** What runs out first and what to order now. */
export function StockPage() {
  const { site, me } = useScope();
  const client = useQueryClient();
  const search = useSearch({ from: "/app/stock" });
  const patch = usePatchSearch();
  const asked = useInfiniteQuery(stockQuery(site.key, search));
  const compute = useMutation({
    mutationFn: () => computeStock(site.key),
    onSettled: () => client.invalidateQueries({ queryKey: ["planning", "stock", site.key] }),
  });
  const first: StockStudy | undefined = asked.data?.pages[0];
  const study = first?.study ?? null;
  const answer = first?.answer ?? null;
  const runner = allows(me, "run_agents");
  const running = compute.isPending || study?.status === "running";
  const refused = compute.isError ? describe(compute.error).detail : study?.status === "failed" ? study.detail : null;
  const start = (label: string, icon: ReactNode, variant: "outline" | "default") =>
    runner ? (
      <Button variant={variant} className="text-[0.8125rem]" disabled={running} onClick={() => compute.mutate()}>
        {icon} {label}
      </Button>
    ) : null;
  return (
    <Page
      title="Stock"
      description="What sells by variant, what runs out before an order arrives, and what to order now."
      actions={
        first && answer ? (
          <>
            <How stock={answer} />
            <TermsForm key={JSON.stringify(first.terms)} terms={first.terms} />
            {start("Compute again", <RotateCw />, "outline")}
          </>
        ) : null
      }
    >
      {asked.isError ? (
        <Card>
          <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
        </Card>
      ) : asked.isPending ? (
        <Loading />
      ) : (
        <>
          {running ? <Progress progress={study?.progress ?? 0} detail={study?.status === "running" ? study.detail : ""} /> : null}
          {refused && !running && answer ? (
            <Note alert tone="warning" title="The latest attempt did not come to an answer; this is the one before">
              <span className="inline-block first-letter:uppercase">{refused}.</span>
            </Note>
          ) : null}
          {first && answer ? (
            <>
              <Stale stock={answer} zone={site.time_zone} />
              <Summary stock={answer} />
              <StockTable
                stock={answer}
                rows={asked.data.pages.flatMap((page) => page.answer?.rows ?? [])}
                more={{ has: asked.hasNextPage, loading: asked.isFetchingNextPage, next: () => void asked.fetchNextPage() }}
                fading={asked.isPlaceholderData}
              />
              <Foot stock={answer} computedAt={first.computed_at ?? 0} />
              <ItemDialog
                item={asked.data.pages.flatMap((page) => page.answer?.rows ?? []).find((row) => row.id === search.item) ?? null}
                stock={answer}
                computedAt={first.computed_at ?? 0}
                onClose={() => patch({ item: undefined })}
              />
            </>
          ) : running ? (
            <Loading />
          ) : (
            <Card>
              <NothingYet
                icon={Boxes}
                title="What runs out, and what to order"
                className="py-20"
                action={
                  <div className="flex flex-wrap items-center justify-center gap-2">
                    <Button asChild variant="outline" className="text-[0.8125rem]">
                      <Link to="/imports">Import orders and products</Link>
                    </Button>
                    {start("Work it out", <Boxes />, "default")}
                  </div>
                }
              >
                {refused ? (
                  <span role="alert" className="inline-block first-letter:uppercase">{`${refused}.`}</span>
                ) : (
                  `Import Shopify’s exports of orders and products: from them each variant’s sales are forecast and laid against its stock.${runner ? "" : ` Then ${whoMay("run_agents")} can work it out.`}`
                )}
              </NothingYet>
            </Card>
          )}
        </>
      )}
    </Page>
  );
}

/** Sales or stock that are days old say little of today. */
function Stale({ stock, zone }: { stock: Stock; zone: string }) {
  const now = useNow();
  const salesAge = Math.floor((now - Date.parse(stock.sales_until)) / DAY);
  const stockAge = stock.stock_at == null ? null : Math.floor((now - stock.stock_at) / DAY);
  if (stock.stock_at == null) {
    return (
      <Note tone="warning" title="What is on hand is not known" action={<ImportLink>Import products</ImportLink>}>
        No products are imported. Each variant’s demand and the stock at which to order stand below; what runs out cannot be told.
      </Note>
    );
  }
  if (salesAge <= OLD && (stockAge ?? 0) <= OLD) return null;
  return (
    <Note tone="warning" title="These figures are getting old" action={<ImportLink>Import again</ImportLink>}>
      Sales are known until {stock.sales_until}, stock is as of {dateTime(stock.stock_at, zone)}. What was sold since is not taken off.
    </Note>
  );
}

function ImportLink({ children }: { children: ReactNode }) {
  return (
    <Button asChild variant="outline" size="sm">
      <Link to="/imports">{children}</Link>
    </Button>
  );
}

function Summary({ stock }: { stock: Stock }) {
  const { totals, terms, currency, expected, horizon_days } = stock;
  const without = (variants: number) => (variants > 0 ? `; ${plural(variants, "variant")} without a cost` : "");
  const known = totals.variants - totals.unknown;
  const tiles = [
    {
      label: `Gone before an order arrives (${plural(terms.lead_days, "day")})`,
      value: known > 0 ? plural(totals.runs_out, "variant") : "not known",
      more: known > 0 ? `of ${count(known)} whose stock is known` : "stock is not imported",
    },
    {
      label: "To order now",
      value: totals.order_units > 0 ? plural(totals.order_units, "unit") : "nothing",
      more:
        totals.order_units === 0
          ? "there is enough until the next order"
          : totals.order_without_cost === totals.to_order
            ? `of ${plural(totals.to_order, "variant")}; costs are not known`
            : `${money(totals.order_cost, currency)} for ${plural(totals.to_order, "variant")}${without(totals.order_without_cost)}`,
    },
    {
      label: `Will sell in ${plural(horizon_days, "day")}`,
      value: plural(Math.round(expected.mean), "unit"),
      more: `${units(expected.low)} to ${units(expected.high)}, four times in five`,
    },
    {
      label: "Not sold for 90 days",
      value: plural(totals.dead, "variant"),
      more:
        totals.dead === 0
          ? "everything in stock sells"
          : `${plural(totals.dead_units, "unit")}${totals.dead_value > 0 ? `, ${money(totals.dead_value, currency)} at cost` : ""}`,
    },
  ];
  return (
    <section aria-label="At a glance">
      <dl className="bg-border shadow-card grid grid-cols-1 gap-px overflow-hidden rounded-xl border sm:grid-cols-2 xl:grid-cols-4">
        {tiles.map((tile) => (
          <div key={tile.label} className="bg-card px-4 py-4 sm:px-5">
            <dt className="text-muted-foreground text-xs font-medium">{tile.label}</dt>
            <dd className="tabular mt-1 text-2xl leading-8 font-semibold first-letter:uppercase">{tile.value}</dd>
            <dd className="text-muted-foreground tabular mt-0.5 text-xs text-pretty">{tile.more}</dd>
          </div>
        ))}
      </dl>
    </section>
  );
}

function Foot({ stock, computedAt }: { stock: Stock; computedAt: number }) {
  const now = useNow();
  const { site } = useScope();
  const { totals, currency } = stock;
  return (
    <p className="text-muted-foreground text-xs text-pretty">
      Learnt from sales from {stock.sales_from} to {stock.sales_until}
      {stock.stock_at == null ? "" : `, stock as imported ${dateTime(stock.stock_at, site.time_zone)}`}
      {totals.value > 0 ? `, worth ${money(totals.value, currency)} at cost${totals.value_without_cost > 0 ? ` (${plural(totals.value_without_cost, "variant")} without a cost)` : ""}` : ""}.
      {totals.left_out > 0 ? ` ${plural(totals.left_out, "variant")} not forecast one by one: drafts, archived, or beyond the 1,000 that sell most; their sales count in the shop’s.` : ""} Forecast{" "}
      <time dateTime={new Date(computedAt).toISOString()} title={dateTime(computedAt, site.time_zone)}>
        {ago(computedAt, now)}
      </time>
      , and from now on every night.
    </p>
  );
}

function Progress({ progress, detail }: { progress: number; detail: string }) {
  return (
    <Card role="status" aria-label="Computing" className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
      <span className="flex items-center gap-2 text-[0.8125rem] font-medium">
        <LoaderCircle aria-hidden className="text-link size-4 animate-spin" /> Computing
      </span>
      <span
        role="progressbar"
        aria-label="How much is computed"
        aria-valuenow={Math.round(progress * 100)}
        aria-valuemin={0}
        aria-valuemax={100}
        className="bg-muted h-2 min-w-32 flex-1 overflow-hidden rounded-full"
      >
        <span className="bg-primary block h-full rounded-full transition-[width] duration-700" style={{ width: `${Math.max(2, progress * 100)}%` }} />
      </span>
      <span className="text-muted-foreground text-xs first-letter:uppercase">{detail || "reading orders and products"}</span>
    </Card>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading" className="space-y-5">
      <div className="bg-border shadow-card grid grid-cols-1 gap-px overflow-hidden rounded-xl border sm:grid-cols-2 xl:grid-cols-4">
        {[0, 1, 2, 3].map((at) => (
          <div key={at} className="bg-card px-5 py-4">
            <Skeleton className="h-3 w-36" />
            <Skeleton className="mt-2 h-7 w-28" />
            <Skeleton className="mt-2 h-3 w-40" />
          </div>
        ))}
      </div>
      <Card className="p-5">
        <Skeleton className="h-8 w-64" />
        {[90, 75, 80, 60, 70, 85, 65].map((width) => (
          <Skeleton key={width} className="mt-5 h-5" style={{ width: `${width}%` }} />
        ))}
      </Card>
    </div>
  );
}
