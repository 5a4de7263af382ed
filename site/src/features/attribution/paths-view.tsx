import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, Route } from "lucide-react";

import { channelsQuery, pathsQuery } from "@/api/queries";
import type { PathRow, Touchpoint } from "@/api/types";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { LoadMore } from "@/components/load-more";
import { SearchInput } from "@/components/search-input";
import { NoResults, NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { Tooltip } from "@/components/ui/tooltip";
import { useScope } from "@/hooks/use-scope";
import { channelColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { dateTime, duration, money, percent } from "@/lib/format";
import { personName } from "@/lib/person";

import { type AttributionSearch, type Converted } from "./search";

const CONVERTED_LABELS: Record<Converted, string> = { yes: "With an order", no: "Without", all: "All" };
const ALL = "all channels";

/** Orders one by one, with the touches before them and what each was given. */
export function PathsView({
  fallback,
  search,
  onChange,
}: {
  fallback: string;
  search: AttributionSearch;
  onChange: (patch: Record<string, unknown>) => void;
}) {
  const scope = useScope();
  const model = search.model ?? fallback;
  const converted = search.converted ?? "yes";
  const paths = useInfiniteQuery(pathsQuery(scope.query, { model, window: search.window, half_life: search.half_life, channel: search.channel, converted, q: search.q }));
  const channels = useQuery(channelsQuery(scope.query, { model, window: search.window, half_life: search.half_life, by: "channel" }));
  const rows = paths.data?.pages.flatMap((page) => page.rows) ?? [];
  const currency = paths.data?.pages[0]?.currency ?? scope.site.currency;
  const filtered = search.channel !== undefined || search.q !== undefined || converted !== "yes";
  const names = [...new Set([...(channels.data?.rows.map((row) => row.channel) ?? []), ...(search.channel ? [search.channel] : [])])].sort();

  return (
    <Card aria-label="Paths" className="overflow-hidden">
      <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2.5 sm:px-5">
        <SearchInput
          label="Search paths"
          placeholder="Order, customer, campaign…"
          value={search.q ?? ""}
          onChange={(q) => onChange({ q: q || undefined })}
          className="w-full sm:w-64"
        />
        <Select
          label="Channel in the path"
          value={search.channel ?? ALL}
          onChange={(next) => onChange({ channel: next === ALL ? undefined : next })}
          options={[{ value: ALL, label: "Any channel" }, ...names.map((name) => ({ value: name, label: name }))]}
        />
        <Segmented
          label="Converted"
          value={converted}
          onChange={(next) => onChange({ converted: next === "yes" ? undefined : next })}
          segments={(["yes", "no", "all"] as const).map((value) => ({ value, label: CONVERTED_LABELS[value] }))}
        />
      </div>
      {paths.isError ? (
        <ErrorState error={paths.error} onRetry={() => void paths.refetch()} />
      ) : paths.isPending ? (
        <TableSkeleton rows={10} columns={3} />
      ) : rows.length === 0 ? (
        filtered ? (
          <NoResults what="paths" onClear={() => onChange({ channel: undefined, q: undefined, converted: undefined })} />
        ) : (
          <NothingYet
            icon={Route}
            title="No orders in these days"
            action={
              <Button asChild variant="outline">
                <Link to="/install">Install the pixel</Link>
              </Button>
            }
          >
            Every order will stand here with the touches that led to it and the credit each got.
          </NothingYet>
        )
      ) : (
        <>
          <ul className={cn("divide-y transition-opacity", paths.isPlaceholderData && "opacity-60")}>
            {rows.map((row, index) => (
              <Path key={`${row.order?.event_id ?? row.person} ${index}`} row={row} currency={currency} zone={scope.site.time_zone} />
            ))}
          </ul>
          <LoadMore
            has={paths.hasNextPage}
            loading={paths.isFetchingNextPage}
            onMore={() => void paths.fetchNextPage()}
            shown={rows.length}
            what={rows.length === 1 ? "path" : "paths"}
          />
        </>
      )}
    </Card>
  );
}

function Path({ row, currency, zone }: { row: PathRow; currency: string; zone: string }) {
  const first = row.touchpoints[0];
  const end = row.order?.t ?? row.touchpoints.at(-1)?.t;
  return (
    <li className="hover:bg-muted/50 grid gap-x-5 gap-y-2 px-4 py-3 transition-colors sm:px-5 lg:grid-cols-[13rem_minmax(0,1fr)_7rem]">
      <div className="min-w-0">
        <Link
          to="/journeys/$person"
          params={{ person: row.person }}
          className="focus-ring hover:text-link block truncate rounded-sm text-[0.8125rem] font-medium"
        >
          {row.order ? `Order ${row.order.id}` : personName(row.person)}
        </Link>
        <p className="text-muted-foreground truncate text-xs">
          {row.order ? `${personName(row.person)} · ${dateTime(row.order.t, zone)}` : "No order yet"}
        </p>
      </div>
      <ol aria-label="Touches" className="flex min-w-0 flex-wrap items-center gap-x-1 gap-y-1.5">
        {row.touchpoints.map((touch, index) => (
          <li key={touch.id} className="flex min-w-0 items-center gap-1">
            {index > 0 ? <ChevronRight aria-hidden className="text-muted-foreground/60 size-3.5 shrink-0" /> : null}
            <Touch touch={touch} currency={currency} zone={zone} credited={row.order !== null && row.order !== undefined} />
          </li>
        ))}
      </ol>
      <div className="flex items-baseline justify-between gap-3 lg:block lg:text-right">
        <p className="tabular text-[0.8125rem] font-semibold">{row.order ? money(row.order.value, row.order.currency || currency) : ""}</p>
        {first && end ? <p className="text-muted-foreground text-xs">{end - first.t < 60_000 ? "at once" : `over ${duration(end - first.t)}`}</p> : null}
      </div>
    </li>
  );
}

function Touch({ touch, currency, zone, credited }: { touch: Touchpoint; currency: string; zone: string; credited: boolean }) {
  const color = channelColor(touch.channel);
  return (
    <Tooltip
      content={
        <>
          <span className="block font-medium">
            Touch {touch.number}: {touch.channel}
          </span>
          <span className="text-muted-foreground block">
            {[touch.source, touch.medium, touch.campaign].filter(Boolean).join(" · ")}
          </span>
          <span className="text-muted-foreground block">{dateTime(touch.t, zone)}</span>
          {credited ? (
            <span className="block">
              {percent(touch.credit, { digits: 1 })} of the credit, {money(touch.value, currency)}
            </span>
          ) : null}
        </>
      }
    >
      <button
        type="button"
        className={cn(
          "focus-ring bg-card relative inline-flex h-7 max-w-52 items-center gap-1.5 overflow-hidden rounded-full border pr-2.5 pl-2 text-xs",
          credited && touch.credit === 0 && "text-muted-foreground",
        )}
      >
        <span
          aria-hidden
          className="absolute inset-y-0 left-0 opacity-15 transition-[width] duration-500"
          style={{ width: `${Math.round(touch.credit * 100)}%`, background: color }}
        />
        <span aria-hidden className="relative size-2 shrink-0 rounded-full" style={{ background: color }} />
        <span className="relative truncate">
          <span className="font-medium">{touch.channel}</span>
          {touch.source && touch.channel !== "Direct" ? <span className="text-muted-foreground"> {touch.source}</span> : null}
        </span>
        {credited && touch.credit > 0 ? <span className="tabular relative font-semibold">{percent(touch.credit, { digits: 0 })}</span> : null}
      </button>
    </Tooltip>
  );
}
