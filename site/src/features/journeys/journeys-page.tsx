import { useInfiniteQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ArrowRight, Route } from "lucide-react";

import { journeysQuery } from "@/api/queries";
import type { JourneyRow } from "@/api/types";
import { Channel } from "@/components/channel";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { LoadMore } from "@/components/load-more";
import { SearchInput } from "@/components/search-input";
import { NoResults, NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ago, count, country, dateTime, money, NONE, plural } from "@/lib/format";
import { personName } from "@/lib/person";

export function JourneysPage() {
  const { q } = useSearch({ from: "/app/journeys" });
  const patch = usePatchSearch();
  const scope = useScope();
  const journeys = useInfiniteQuery(journeysQuery(scope.query, q));
  const rows = journeys.data?.pages.flatMap((page) => page.rows) ?? [];
  const now = useNow();

  return (
    <Page title="Journeys" description="Every person who came by, from the first touch to the last order.">
      <Card aria-label="People" className="overflow-hidden">
        <div className="border-b px-4 py-2.5 sm:px-5">
          <SearchInput
            label="Search people"
            placeholder="Customer id, visitor, order, campaign…"
            value={q ?? ""}
            onChange={(next) => patch({ q: next || undefined })}
            className="w-full sm:w-80"
          />
        </div>
        {journeys.isError ? (
          <ErrorState error={journeys.error} onRetry={() => void journeys.refetch()} />
        ) : journeys.isPending ? (
          <TableSkeleton rows={12} columns={6} />
        ) : rows.length === 0 ? (
          q ? (
            <NoResults what="people" onClear={() => patch({ q: undefined })} />
          ) : (
            <NothingYet
              icon={Route}
              title="Nobody came by in these days"
              action={
                <Button asChild variant="outline">
                  <Link to="/install">Install the pixel</Link>
                </Button>
              }
            >
              With the pixel in place, every visitor gets a line here: how they first found you, what they did, what they bought.
            </NothingYet>
          )
        ) : (
          <>
            <div className={cn("thin-scroll overflow-x-auto transition-opacity", journeys.isPlaceholderData && "opacity-60")}>
              <table aria-label="People" className="w-full border-separate border-spacing-0 text-[0.8125rem]">
                <thead>
                  <tr className="text-muted-foreground text-xs">
                    {[
                      ["Person", "left"],
                      ["First touch", "left"],
                      ["Latest touch", "left"],
                      ["Sessions", "right"],
                      ["Events", "right"],
                      ["Orders", "right"],
                      ["Revenue", "right"],
                      ["Last seen", "right"],
                    ].map(([label, side]) => (
                      <th
                        key={label}
                        scope="col"
                        className={cn(
                          "bg-card h-9 border-b px-3 font-medium whitespace-nowrap first:sticky first:left-0 first:z-10 first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5",
                          side === "left" ? "text-left" : "text-right",
                        )}
                      >
                        {label}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => (
                    <Person key={row.person} row={row} currency={scope.site.currency} zone={scope.site.time_zone} now={now} />
                  ))}
                </tbody>
              </table>
            </div>
            <LoadMore
              has={journeys.hasNextPage}
              loading={journeys.isFetchingNextPage}
              onMore={() => void journeys.fetchNextPage()}
              shown={rows.length}
              what={rows.length === 1 ? "person" : "people"}
            />
          </>
        )}
      </Card>
    </Page>
  );
}

function Person({ row, currency, zone, now }: { row: JourneyRow; currency: string; zone: string; now: number }) {
  const cell =
    "bg-card group-hover/row:bg-muted h-12 border-b px-3 whitespace-nowrap transition-colors last:pr-4 group-last/row:border-b-0 sm:last:pr-5";
  return (
    <tr className="group/row relative">
      <th scope="row" className={cn(cell, "sticky left-0 z-10 max-w-40 pl-4 text-left font-normal sm:max-w-60 sm:pl-5")}>
        <Link
          to="/journeys/$person"
          params={{ person: row.person }}
          className="focus-ring hover:text-link block truncate rounded-sm leading-4 font-medium"
        >
          {row.user_id || personName(row.person)}
        </Link>
        <span className="text-muted-foreground block truncate text-2xs font-normal">
          {[row.country ? country(row.country) : "", row.device, row.visitors > 1 ? plural(row.visitors, "device") : ""]
            .filter(Boolean)
            .join(" · ")}
        </span>
      </th>
      <td className={cell}>
        <Channel name={row.first_channel || NONE} />
      </td>
      <td className={cell}>
        <span className="flex items-center gap-1.5">
          {row.last_channel === row.first_channel ? null : <ArrowRight aria-hidden className="text-muted-foreground/60 size-3.5" />}
          <Channel name={row.last_channel || NONE} className={row.last_channel === row.first_channel ? "text-muted-foreground" : ""} />
        </span>
      </td>
      <td className={cn(cell, "tabular text-right")}>{count(row.sessions)}</td>
      <td className={cn(cell, "tabular text-right")}>{count(row.events)}</td>
      <td className={cn(cell, "tabular text-right", row.orders === 0 && "text-muted-foreground")}>{row.orders === 0 ? NONE : count(row.orders)}</td>
      <td className={cn(cell, "tabular text-right", row.orders > 0 ? "font-medium" : "text-muted-foreground")}>
        {row.orders > 0 ? money(row.value, currency) : NONE}
      </td>
      <td className={cn(cell, "text-muted-foreground tabular text-right")}>
        <time dateTime={new Date(row.last_seen).toISOString()} title={dateTime(row.last_seen, zone)}>
          {ago(row.last_seen, now)}
        </time>
      </td>
    </tr>
  );
}
