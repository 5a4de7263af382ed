import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { CircleCheck, LoaderCircle, RotateCw, X } from "lucide-react";
import { toast } from "sonner";

import { type DeadLetter, deadLettersQuery, dismissLetter, MOST_LETTERS, replayLetter } from "@/api/dead-letters";
import { CopyButton } from "@/components/copy-button";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Words } from "@/components/words";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { ago, dateTime, plural } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";
import { tell } from "@/lib/told";

const STATUSES = [
  { value: "open", label: "Open" },
  { value: "replayed", label: "Replayed" },
  { value: "dismissed", label: "Dismissed" },
] as const;

export function DeadLettersPage() {
  const { me } = useScope();
  const search = useSearch({ from: "/app/dead-letters" });
  const patch = usePatchSearch();
  const status = search.status ?? "open";
  const letters = useQuery(deadLettersQuery(status));
  const rows = letters.data?.rows ?? [];
  return (
    <Page
      narrow
      title="Dead letters"
      description="Work that failed for good. Replay it once the cause is gone."
      actions={<Segmented label="Status" value={status} onChange={(next) => patch({ status: next === "open" ? undefined : next })} segments={STATUSES} />}
    >
      <Card aria-label="Dead letters" className="overflow-hidden">
        {letters.isError ? (
          <ErrorState error={letters.error} onRetry={() => void letters.refetch()} />
        ) : letters.isPending ? (
          <TableSkeleton rows={4} columns={2} />
        ) : rows.length === 0 ? (
          <NothingYet icon={CircleCheck} title={status === "open" ? "Nothing was left behind" : `Nothing was ${status} yet`}>
            {status === "open" ? "Whatever fails for good, a run of an agent for example, will wait here with the reason." : "What you settle from the open list is kept here."}
          </NothingYet>
        ) : (
          <>
            <ul className="divide-y">
              {rows.map((row) => (
                <Letter key={row.id} row={row} may={allows(me, "manage_dead_letters")} />
              ))}
            </ul>
            <p role="status" className="text-muted-foreground tabular border-t px-4 py-3.5 text-xs sm:px-5">
              {plural(rows.length, "dead letter")} shown{rows.length >= MOST_LETTERS ? `: the newest ${MOST_LETTERS}` : ", that is all"}
              {status === "open" && !allows(me, "manage_dead_letters") ? `. ${whoMay("manage_dead_letters").replace(/^./, (letter) => letter.toUpperCase())} may replay them` : ""}
            </p>
          </>
        )}
      </Card>
    </Page>
  );
}

function Letter({ row, may }: { row: DeadLetter; may: boolean }) {
  const { site } = useScope();
  const now = useNow();
  const who = useNames();
  const queryClient = useQueryClient();
  const refresh = () => Promise.all(["dead-letters", "runs", "run"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
  const onError = (error: unknown) => {
    tell(error);
    void refresh();
  };
  const replay = useMutation({
    mutationFn: () => replayLetter(row.id),
    onSuccess: async () => {
      toast.success("Under way again", { description: "If it fails once more, it comes back here." });
      await refresh();
    },
    onError,
  });
  const dismiss = useMutation({
    mutationFn: () => dismissLetter(row.id),
    onSuccess: async () => {
      toast.success("Dismissed");
      await refresh();
    },
    onError,
  });
  const busy = replay.isPending || dismiss.isPending;
  const run = typeof row.message.run_id === "string" ? row.message.run_id : "";
  const sent = JSON.stringify(row.message, null, 2);
  return (
    <li className="px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1 basis-64">
          <p className="text-muted-foreground flex flex-wrap items-center gap-2 text-xs">
            <Badge variant="outline">{row.queue.replaceAll("-", " ")}</Badge>
            <time dateTime={new Date(row.failed_at).toISOString()} title={dateTime(row.failed_at, site.time_zone)}>
              {ago(row.failed_at, now)}
            </time>
            <span className="tabular">after {plural(row.attempts, "attempt")}</span>
            {run ? (
              <Link to="/agents/runs/$id" params={{ id: run }} className="focus-ring text-link rounded-sm hover:underline">
                Open the run
              </Link>
            ) : null}
          </p>
          <p className="mt-1.5 text-sm text-pretty break-words first-letter:uppercase">
            <Words text={row.reason} />
          </p>
        </div>
        {row.status !== "open" ? (
          <div className="text-right">
            <Badge variant={row.status === "replayed" ? "positive" : "secondary"}>{row.status === "replayed" ? "Replayed" : "Dismissed"}</Badge>
            <p className="text-muted-foreground mt-1 text-xs">
              by {who(row.decided_by)}
              {row.decided_at ? `, ${ago(row.decided_at, now)}` : ""}
            </p>
          </div>
        ) : may ? (
          <div className="flex gap-2">
            {run ? (
              <Button variant="outline" size="sm" disabled={busy} onClick={() => replay.mutate()}>
                {replay.isPending ? <LoaderCircle className="animate-spin" /> : <RotateCw />} Replay
              </Button>
            ) : null}
            <Button variant="ghost" size="sm" disabled={busy} onClick={() => dismiss.mutate()}>
              {dismiss.isPending ? <LoaderCircle className="animate-spin" /> : <X />} Dismiss
            </Button>
          </div>
        ) : null}
      </div>
      <details className="mt-2">
        <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-xs font-medium">The message</summary>
        <div className="relative mt-2">
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area has to be reachable by keyboard */}
          <pre tabIndex={0} aria-label="The message" className="bg-muted/60 focus-ring thin-scroll max-h-72 overflow-auto rounded-lg border p-3 pr-11 font-mono text-xs leading-5">
            {sent}
          </pre>
          <div className="absolute top-2 right-2">
            <CopyButton text={sent} label="Copy the message" iconOnly />
          </div>
        </div>
      </details>
    </li>
  );
}
