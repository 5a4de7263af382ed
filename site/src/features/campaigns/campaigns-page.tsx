import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Megaphone, Plug, Plus } from "lucide-react";
import { useMemo } from "react";

import { campaignsQuery, MOST } from "@/api/campaigns";
import { connectedQuery } from "@/api/channels";
import type { Campaign } from "@/api/loop-types";
import { CAMPAIGN_STATUSES, CampaignStatusBadge } from "@/components/campaign-status";
import { byNumber, type Column, columnsOf, DataTable } from "@/components/data-table/data-table";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { ProviderMarks } from "@/components/provider";
import { SearchInput } from "@/components/search-input";
import { NoResults, NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { OBJECTIVES } from "@/lib/campaign";
import { ago, dateTime, day, money, NONE, plural } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";

const helper = columnsOf<Campaign>();
const DEFAULT_SORT = "updated_at.desc";
const ALL = "all";

export function CampaignsPage() {
  const { site, me } = useScope();
  const search = useSearch({ from: "/app/campaigns" });
  const patch = usePatchSearch();
  const now = useNow();
  const campaigns = useQuery(campaignsQuery(site.key, search.status));
  const editor = allows(me, "edit_campaigns");
  const loaded = useMemo(() => campaigns.data?.rows ?? [], [campaigns.data]);
  const wanted = search.q?.toLowerCase();
  const rows = useMemo(
    () => loaded.filter((row) => !wanted || `${row.name} ${row.utm_campaign}`.toLowerCase().includes(wanted)),
    [loaded, wanted],
  );
  const columns = useMemo<Column<Campaign>[]>(
    () => [
      helper.accessor("name", {
        header: "Campaign",
        cell: ({ row }) => (
          <Link
            to="/campaigns/$id"
            params={{ id: row.original.id }}
            title={row.original.name}
            className="focus-ring hover:text-link block max-w-44 truncate rounded-sm font-medium sm:max-w-80"
          >
            {row.original.name}
          </Link>
        ),
        sortFn: (a, b) => a.original.name.localeCompare(b.original.name),
      }),
      helper.accessor("status", {
        header: "Status",
        cell: ({ getValue }) => <CampaignStatusBadge status={getValue()} />,
        sortFn: (a, b) => a.original.status.localeCompare(b.original.status),
      }),
      helper.display({ id: "channels", header: "Channels", cell: ({ row }) => <ProviderMarks channels={row.original.channels} /> }),
      helper.accessor("objective", {
        header: "Objective",
        cell: ({ getValue }) => OBJECTIVES.find((one) => one.value === getValue())?.label ?? getValue(),
        sortFn: (a, b) => a.original.objective.localeCompare(b.original.objective),
      }),
      helper.accessor("budget_daily", {
        header: "Budget a day",
        // Letters have no budget.
        cell: ({ row }) => (row.original.budget_daily > 0 ? money(row.original.budget_daily, row.original.currency) : NONE),
        sortFn: byNumber((row: Campaign) => row.budget_daily),
      }),
      helper.accessor("start_at", {
        header: "Runs",
        cell: ({ row }) => (
          <span className="text-muted-foreground">
            {row.original.start_at ? day(row.original.start_at, site.time_zone) : "when published"} – {row.original.end_at ? day(row.original.end_at, site.time_zone) : "open"}
          </span>
        ),
        sortFn: byNumber((row: Campaign) => row.start_at),
      }),
      helper.accessor("updated_at", {
        header: "Changed",
        cell: ({ getValue }) => (
          <span className="text-muted-foreground" title={dateTime(getValue(), site.time_zone)}>
            {ago(getValue(), now)}
          </span>
        ),
        sortFn: byNumber((row: Campaign) => row.updated_at),
      }),
    ],
    [site.time_zone, now],
  );
  const create = (
    <Button asChild>
      <Link to="/campaigns/new">
        <Plus /> New campaign
      </Link>
    </Button>
  );
  const nothing = campaigns.isSuccess && loaded.length === 0 && !search.status && !campaigns.isPlaceholderData;

  return (
    <Page title="Campaigns" description="What is planned, what runs, and what it may spend." actions={nothing || !editor ? null : create}>
      <Card aria-label="Campaigns" className="overflow-hidden">
        {nothing ? null : (
          <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2.5 sm:px-5">
            <SearchInput label="Search campaigns" value={search.q ?? ""} onChange={(q) => patch({ q: q || undefined })} className="min-w-40 flex-1 sm:max-w-72" />
            <Select
              label="Status"
              value={search.status ?? ALL}
              onChange={(status) => patch({ status: status === ALL ? undefined : status })}
              options={[{ value: ALL, label: "Every status" }, ...CAMPAIGN_STATUSES]}
            />
          </div>
        )}
        {campaigns.isError ? (
          <ErrorState error={campaigns.error} onRetry={() => void campaigns.refetch()} />
        ) : campaigns.isPending ? (
          <TableSkeleton rows={8} columns={6} />
        ) : nothing ? (
          <Start editor={editor} action={create} />
        ) : rows.length === 0 ? (
          <NoResults what="campaigns" onClear={() => patch({ q: undefined, status: undefined })} />
        ) : (
          <>
            <DataTable
              label="Campaigns"
              rows={rows}
              columns={columns}
              sort={search.sort ?? DEFAULT_SORT}
              onSort={(sort) => patch({ sort: sort === DEFAULT_SORT ? undefined : sort })}
              rowKey={(row) => row.id}
              align={{ name: "left", status: "left", channels: "left", objective: "left" }}
            />
            <p role="status" className="text-muted-foreground tabular border-t px-4 py-3.5 text-xs sm:px-5">
              {plural(rows.length, "campaign")} shown{loaded.length >= MOST ? `: the ${MOST} changed last. Choose a status to see others` : ", that is all"}
            </p>
          </>
        )}
      </Card>
    </Page>
  );
}

/** Nobody has made a campaign yet: the way to the first one, whichever step is next. */
function Start({ editor, action }: { editor: boolean; action: React.ReactNode }) {
  const { site, me } = useScope();
  const connected = useQuery(connectedQuery(site.key));
  const any = connected.data?.rows.some((row) => row.status !== "disconnected") ?? false;
  if (!editor) {
    return (
      <NothingYet icon={Megaphone} title="No campaigns yet" className="py-24">
        Once {whoMay("edit_campaigns")} plan one, it appears here. As {me.role === "analyst" ? "an" : "a"} {me.role} you will see how it does.
      </NothingYet>
    );
  }
  return (
    <div className="px-4 py-10 sm:px-8 sm:py-14">
      <div className="mx-auto max-w-2xl text-center">
        <h2 className="text-base font-semibold">From an idea to a running campaign</h2>
        <p className="text-muted-foreground mt-1 text-[0.8125rem] text-pretty">Four steps, a few minutes. Nothing is spent before somebody else has approved it.</p>
      </div>
      <ol className="mx-auto mt-7 grid max-w-3xl gap-3 sm:grid-cols-4">
        {[
          ["Connect a channel", any ? "Done" : "Meta, Google Ads, Klaviyo or the practice channel", any],
          ["Make a campaign", "Budget, audience, ads", false],
          ["Have it approved", "By somebody else than you", false],
          ["Publish", "And watch what it brings", false],
        ].map(([title, text, done], index) => (
          <li key={String(title)} className="bg-muted/50 flex gap-3 rounded-lg border p-3.5 sm:block">
            <span
              aria-hidden
              className={`tabular grid size-6 shrink-0 place-items-center rounded-full text-xs font-semibold sm:mb-2.5 ${done ? "bg-positive-soft text-positive" : "bg-accent-soft text-link dark:text-foreground"}`}
            >
              {done ? "✓" : index + 1}
            </span>
            <span>
              <span className="block text-[0.8125rem] font-medium">{title}</span>
              <span className="text-muted-foreground block text-xs text-pretty">{text}</span>
            </span>
          </li>
        ))}
      </ol>
      <div className="mt-7 flex justify-center gap-2">
        {any || connected.isPending ? (
          action
        ) : (
          <Button asChild>
            <Link to="/channels">
              <Plug /> Connect a channel
            </Link>
          </Button>
        )}
      </div>
    </div>
  );
}
