import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Waypoints } from "lucide-react";
import { useMemo } from "react";

import { channelsQuery } from "@/api/queries";
import type { AttributionModel, ChannelRow, Channels } from "@/api/types";
import { Channel } from "@/components/channel";
import { type Bar, Bars } from "@/components/chart/bars";
import { ShareBar } from "@/components/chart/share-bar";
import { byNumber, type Column, columnsOf, DataTable } from "@/components/data-table/data-table";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Delta } from "@/components/delta";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { useScope } from "@/hooks/use-scope";
import { channelColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { change, count, creditDigits, money, percent, ratio, readsWhole } from "@/lib/format";

import { ClaimsCard } from "./claims";
import { type AttributionSearch, DEFAULT_SORT, type Group, GROUPS } from "./search";

const GROUP_LABELS: Record<Group, string> = { channel: "Channel", source: "Source", campaign: "Campaign" };
/** Bars that fit a screen; the table below holds them all. */
const MOST_BARS = 12;

interface CreditRow extends ChannelRow {
  key: string;
  label: string;
  other: ChannelRow | null;
}

const keyOf = (row: ChannelRow) => [row.channel, row.source, row.campaign ?? ""].join("\u0000");

function labelOf(row: ChannelRow, by: Group): string {
  if (by === "campaign") return row.campaign ? row.campaign : `${row.source} (no campaign)`;
  return by === "source" ? row.source : row.channel;
}

/** Every row of either model, with what the other model gives it. */
function merge(main: Channels, other: Channels | undefined, by: Group): CreditRow[] {
  const others = new Map(other?.rows.map((row) => [keyOf(row), row]));
  const rows: CreditRow[] = main.rows.map((row) => ({ ...row, key: keyOf(row), label: labelOf(row, by), other: others.get(keyOf(row)) ?? null }));
  const known = new Set(rows.map((row) => row.key));
  for (const row of other?.rows ?? []) {
    if (known.has(keyOf(row))) continue;
    rows.push({ ...row, key: keyOf(row), label: labelOf(row, by), other: row, conversions: 0, value: 0, cvr: 0, cpa: null, roas: row.spend ? 0 : null, aov: null });
  }
  return rows;
}

export function CreditView({
  models,
  fallback,
  search,
  onChange,
}: {
  models: AttributionModel[];
  fallback: string;
  search: AttributionSearch;
  onChange: (patch: Record<string, unknown>) => void;
}) {
  const scope = useScope();
  const by = search.by ?? "channel";
  const id = search.model ?? fallback;
  const shared = { window: search.window, half_life: search.half_life, by };
  const main = useQuery(channelsQuery(scope.query, { ...shared, model: id }));
  const versus = models.find((one) => one.id === search.vs && one.id !== id);
  const other = useQuery({ ...channelsQuery(scope.query, { ...shared, model: versus?.id }), enabled: versus !== undefined });
  const name = (model: string) => models.find((one) => one.id === model)?.label ?? model;
  const comparing = versus !== undefined && other.data !== undefined;

  const rows = useMemo(() => (main.data ? merge(main.data, comparing ? other.data : undefined, by) : []), [main.data, other.data, comparing, by]);
  const currency = main.data?.currency ?? scope.site.currency;

  if (main.isError || other.isError) {
    return (
      <Card>
        <ErrorState
          error={main.error ?? other.error}
          onRetry={() => {
            void main.refetch();
            if (versus) void other.refetch();
          }}
        />
      </Card>
    );
  }
  if (main.isPending) return <CreditSkeleton />;
  if (rows.length === 0) {
    return (
      <Card>
        <NothingYet
          icon={Waypoints}
          title="No touches in these days"
          action={
            <Button asChild variant="outline">
              <Link to="/install">Install the pixel</Link>
            </Button>
          }
        >
          Once visits and orders arrive, this shows which channels led to them and how much credit each deserves.
        </NothingYet>
      </Card>
    );
  }

  const ranked = [...rows].sort((a, b) => b.value - a.value);
  const byChannel = shares(rows, (row) => row.value);
  const shown = ranked.slice(0, MOST_BARS);
  const bars: Bar[] = shown.map((row) => {
    const moved = comparing ? row.value - (row.other?.value ?? 0) : null;
    return {
      key: row.key,
      label: row.label,
      color: channelColor(row.channel),
      value: row.value,
      reference: comparing ? (row.other?.value ?? 0) : null,
      text: money(row.value, currency, { whole: true }),
      ...(moved === null
        ? { note: `${count(row.conversions, { digits: creditDigits(shown.map((one) => one.conversions)) })} orders` }
        : { note: money(moved, currency, { signed: true, whole: true }), tone: moved > 0 ? ("good" as const) : moved < 0 ? ("bad" as const) : ("flat" as const) }),
    };
  });

  return (
    <div className={cn("space-y-5 transition-opacity", (main.isPlaceholderData || other.isPlaceholderData) && "opacity-70")}>
      <Card aria-label="Credit">
        <CardHeader className="items-start pt-4">
          <div>
            <CardTitle>{comparing ? "Where the credit moves" : "Where the credit goes"}</CardTitle>
            <CardDescription className="mt-0.5">
              {comparing ? (
                <>
                  Bars: {name(id).toLowerCase()}. Marks: {name(versus.id).toLowerCase()}. The difference is what changes hands.
                </>
              ) : (
                <>
                  {money(main.data.total.value, currency)} of {count(main.data.total.conversions)} orders, shared out by {name(id).toLowerCase()} over{" "}
                  {main.data.window_days} days
                </>
              )}
            </CardDescription>
          </div>
          <Segmented
            label="Group by"
            className="ml-auto"
            value={by}
            onChange={(next) => onChange({ by: next === "channel" ? undefined : next, sort: undefined })}
            segments={GROUPS.map((value) => ({ value, label: GROUP_LABELS[value] }))}
          />
        </CardHeader>
        <CardContent className="pt-1">
          <div className="mb-5 space-y-1.5">
            <ShareBar label={`Share of revenue by ${name(id)}`} shares={byChannel} />
            {comparing ? (
              <>
                <ShareBar
                  label={`Share of revenue by ${name(versus.id)}`}
                  shares={shares(rows, (row) => row.other?.value ?? 0)}
                  labelled={false}
                  className="h-4 opacity-75"
                />
                <p className="text-muted-foreground flex justify-between gap-4 text-2xs">
                  <span>Above: {name(id)}</span>
                  <span>Below: {name(versus.id)}</span>
                </p>
              </>
            ) : null}
          </div>
          <Bars label={comparing ? `Credit by ${name(id)} against ${name(versus.id)}` : `Credit by ${name(id)}`} bars={bars} />
          {ranked.length > shown.length ? (
            <p className="text-muted-foreground mt-2 text-xs">
              The {shown.length} largest of {ranked.length}; the table holds all.
            </p>
          ) : null}
        </CardContent>
      </Card>
      <CreditTable
        rows={rows}
        total={main.data.total}
        currency={currency}
        by={by}
        versus={comparing ? { label: versus.label, total: other.data.total.value } : null}
        sort={search.sort ?? DEFAULT_SORT}
        onSort={(next) => onChange({ sort: next === DEFAULT_SORT ? undefined : next })}
      />
      <ClaimsCard asked={{ model: id, window: search.window, half_life: search.half_life }} model={name(id)} />
    </div>
  );
}

/** Parts by channel in a fixed order (by name), so that a change of model slides borders and swaps nothing. */
function shares(rows: readonly CreditRow[], value: (row: CreditRow) => number) {
  const sums = new Map<string, number>();
  for (const row of rows) sums.set(row.channel, (sums.get(row.channel) ?? 0) + value(row));
  return [...sums]
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([channel, sum]) => ({ key: channel, label: channel, color: channelColor(channel), value: sum }));
}

const helper = columnsOf<CreditRow>();

function CreditTable({
  rows,
  total,
  currency,
  by,
  versus,
  sort,
  onSort,
}: {
  rows: CreditRow[];
  total: Channels["total"];
  currency: string;
  by: Group;
  versus: { label: string; total: number } | null;
  sort: string;
  onSort: (sort: string) => void;
}) {
  const whole = readsWhole([total.value, total.spend], currency);
  const digits = creditDigits(rows.map((row) => row.conversions));
  const columns = useMemo<Column<CreditRow>[]>(() => {
    const numeric = (id: string, header: string, read: (row: CreditRow) => number | null | undefined, show: (value: number | null | undefined) => string) =>
      helper.accessor((row) => read(row), { id, header, cell: ({ row }) => show(read(row.original)), sortFn: byNumber(read as never) });
    const sums = (value: number | null | undefined) => money(value, currency, { whole });
    return [
      helper.accessor("label", {
        id: "channel",
        header: GROUP_LABELS[by],
        cell: ({ row: { original } }) =>
          by === "channel" ? (
            <Channel name={original.channel} className="font-medium" />
          ) : (
            <span className="flex min-w-0 items-center gap-2">
              <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: channelColor(original.channel) }} />
              <span className="min-w-0">
                <span className="block truncate leading-4 font-medium">{original.label}</span>
                <span className="text-muted-foreground block truncate text-2xs">{by === "campaign" ? `${original.channel} · ${original.source}` : original.channel}</span>
              </span>
            </span>
          ),
        sortFn: (a, b) => a.original.label.localeCompare(b.original.label),
      }),
      numeric("conversions", "Orders", (row) => row.conversions, (value) => count(value, { digits })),
      numeric("value", "Revenue", (row) => row.value, sums),
      ...(versus
        ? [
            numeric("other", versus.label, (row) => row.other?.value ?? 0, sums),
            helper.accessor((row) => row.value - (row.other?.value ?? 0), {
              id: "shift",
              header: "Shift",
              cell: ({ row: { original } }) => {
                const before = original.other?.value ?? 0;
                return (
                  <span className="inline-flex items-center gap-2">
                    {money(original.value - before, currency, { signed: true, whole })}
                    <Delta change={change(original.value, before)} better="up" className="w-18 justify-end" />
                  </span>
                );
              },
              sortFn: byNumber((row: CreditRow) => row.value - (row.other?.value ?? 0)),
            }),
          ]
        : []),
      numeric("share", "Share", (row) => (total.value ? row.value / total.value : null), (value) => percent(value, { digits: 1 })),
      numeric("spend", "Spend", (row) => row.spend, sums),
      numeric("sessions", "Sessions", (row) => row.sessions, (value) => count(value)),
      ...(versus
        ? []
        : [numeric("ctr", "CTR", (row) => row.ctr, (value) => percent(value)), numeric("cvr", "CVR", (row) => row.cvr, (value) => percent(value))]),
      numeric("cpa", "CPA", (row) => (row.spend > 0 ? row.cpa : null), (value) => money(value, currency)),
      numeric("roas", "ROAS", (row) => row.roas, (value) => ratio(value)),
      ...(versus ? [] : [numeric("aov", "AOV", (row) => row.aov, (value) => money(value, currency))]),
    ];
  }, [currency, by, versus, whole, digits, total.value]);

  return (
    <Card aria-label="Credit table" className="overflow-hidden">
      <DataTable
        label="Credit"
        rows={rows}
        columns={columns}
        sort={sort}
        onSort={onSort}
        rowKey={(row) => row.key}
        align={{ channel: "left" }}
        footer={{
          channel: (
            <span className="flex items-baseline gap-2">
              Total
              <span className="text-muted-foreground text-xs font-medium" title="Marketing efficiency ratio: all revenue over all spend">
                MER <span className="tabular text-foreground">{ratio(total.mer)}</span>
              </span>
            </span>
          ),
          conversions: count(total.conversions, { digits }),
          value: money(total.value, currency, { whole }),
          ...(versus ? { other: money(versus.total, currency, { whole }), shift: money(total.value - versus.total, currency, { signed: true, whole }) } : {}),
          share: percent(total.value ? 1 : null, { digits: 0 }),
          spend: money(total.spend, currency, { whole }),
          sessions: count(total.sessions),
          ctr: percent(total.ctr),
          cvr: percent(total.cvr),
          cpa: money(total.cpa, currency),
          roas: ratio(total.roas),
          aov: money(total.aov, currency),
        }}
      />
    </Card>
  );
}

export function CreditSkeleton() {
  return (
    <div className="space-y-5">
      <Card role="status" aria-label="Loading" className="p-5">
        <Skeleton className="h-4 w-44" />
        <Skeleton className="mt-2 h-3.5 w-72" />
        <Skeleton className="mt-5 h-9 w-full" />
        <div className="mt-6 space-y-5">
          {[88, 76, 70, 52, 40, 28, 16].map((width) => (
            <div key={width} className="grid grid-cols-[9.5rem_1fr_6rem] items-center gap-3">
              <Skeleton className="h-3.5 w-24" />
              <Skeleton className="h-5" style={{ width: `${width}%` }} />
              <Skeleton className="ml-auto h-3.5 w-14" />
            </div>
          ))}
        </div>
      </Card>
      <Card>
        <TableSkeleton rows={8} columns={8} />
      </Card>
    </div>
  );
}
