import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { CircleCheck, LoaderCircle, RotateCw, X } from "lucide-react";
import { toast } from "sonner";

import { describe } from "@/api/problem";
import { dismissInbox, inboxQuery, replayInbox } from "@/api/queries";
import type { InboxRow } from "@/api/types";
import { CopyButton } from "@/components/copy-button";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { LoadMore } from "@/components/load-more";
import { NothingYet } from "@/components/states/empty";
import { Words } from "@/components/words";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { ago, dateTime } from "@/lib/format";

const STATUSES = [
  { value: "open", label: "Open" },
  { value: "replayed", label: "Replayed" },
  { value: "dismissed", label: "Dismissed" },
] as const;

export function InboxPage() {
  const { site } = useScope();
  const search = useSearch({ from: "/app/inbox" });
  const patch = usePatchSearch();
  const status = search.status ?? "open";
  const inbox = useInfiniteQuery(inboxQuery(site.key, status));
  const rows = inbox.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <Page
      narrow
      title="Inbox"
      description="Events that could not be taken as they came. Fix the cause, then replay them."
      actions={<Segmented label="Status" value={status} onChange={(next) => patch({ status: next === "open" ? undefined : next })} segments={STATUSES} />}
    >
      <Card aria-label="Refused events" className="overflow-hidden">
        {inbox.isError ? (
          <ErrorState error={inbox.error} onRetry={() => void inbox.refetch()} />
        ) : inbox.isPending ? (
          <TableSkeleton rows={5} columns={2} />
        ) : rows.length === 0 ? (
          <NothingYet icon={CircleCheck} title={status === "open" ? "Nothing to look at" : `Nothing was ${status} yet`}>
            {status === "open" ? "Every event that came in could be taken. Ones that cannot will wait here with the reason." : "What you settle from the open list is kept here."}
          </NothingYet>
        ) : (
          <>
            <ul className="divide-y">
              {rows.map((row) => (
                <Refused key={row.id} row={row} zone={site.time_zone} />
              ))}
            </ul>
            <LoadMore
              has={inbox.hasNextPage}
              loading={inbox.isFetchingNextPage}
              onMore={() => void inbox.fetchNextPage()}
              shown={rows.length}
              what={rows.length === 1 ? "event" : "events"}
            />
          </>
        )}
      </Card>
    </Page>
  );
}

function Refused({ row, zone }: { row: InboxRow; zone: string }) {
  const now = useNow();
  const queryClient = useQueryClient();
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["inbox"] });
  const onError = (error: unknown) => {
    const { title, detail } = describe(error);
    toast.error(title, { description: detail });
  };
  const replay = useMutation({
    mutationFn: () => replayInbox(row.id),
    onSuccess: async (result) => {
      if (result.status === "replayed") toast.success("Replayed", { description: result.detail });
      else toast.warning("Still refused", { description: result.detail });
      await refresh();
    },
    onError,
  });
  const dismiss = useMutation({
    mutationFn: () => dismissInbox(row.id),
    onSuccess: async () => {
      toast.success("Dismissed");
      await refresh();
    },
    onError,
  });
  const busy = replay.isPending || dismiss.isPending;
  // Only what the collector refused was sent as it stands here; the rest tells what it is about.
  const what = row.source === "collect" ? "What was sent" : "What it is about";
  return (
    <li className="px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <p className="flex flex-wrap items-center gap-2 text-[0.8125rem]">
            {row.field ? <code className="bg-destructive-soft text-destructive rounded-sm px-1.5 py-0.5 font-mono text-xs">{row.field}</code> : null}
            <Badge variant="outline">{row.source}</Badge>
            <time dateTime={new Date(row.received_at).toISOString()} title={dateTime(row.received_at, zone)} className="text-muted-foreground text-xs">
              {ago(row.received_at, now)}
            </time>
          </p>
          <p className="mt-1.5 text-sm text-pretty break-words first-letter:uppercase"><Words text={row.reason} /></p>
        </div>
        {row.status === "open" ? (
          <div className="flex gap-2">
            {row.source === "collect" ? (
              <Button variant="outline" size="sm" disabled={busy} onClick={() => replay.mutate()}>
                {replay.isPending ? <LoaderCircle className="animate-spin" /> : <RotateCw />} Replay
              </Button>
            ) : null}
            <Button variant="ghost" size="sm" disabled={busy} onClick={() => dismiss.mutate()}>
              <X /> Dismiss
            </Button>
          </div>
        ) : (
          <Badge variant={row.status === "replayed" ? "positive" : "secondary"}>{row.status}</Badge>
        )}
      </div>
      <details className="group mt-2">
        <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-xs font-medium">{what}</summary>
        <div className="relative mt-2">
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area has to be reachable by keyboard */}
          <pre tabIndex={0} aria-label={what} className="bg-muted/60 focus-ring thin-scroll max-h-72 overflow-auto rounded-lg border p-3 pr-11 font-mono text-xs leading-5">
            {pretty(row.payload)}
          </pre>
          <div className="absolute top-2 right-2">
            <CopyButton text={row.payload} label="Copy what was sent" iconOnly />
          </div>
        </div>
      </details>
    </li>
  );
}

/** Indented JSON; text that is not JSON stays as it came. */
function pretty(payload: string): string {
  try {
    return JSON.stringify(JSON.parse(payload), null, 2);
  } catch {
    return payload;
  }
}
