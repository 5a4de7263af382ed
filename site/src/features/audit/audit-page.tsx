import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { LoaderCircle, LogIn, ScrollText, ShieldAlert, ShieldCheck } from "lucide-react";

import { auditQuery, auditVerifyQuery } from "@/api/queries";
import type { AuditRow } from "@/api/types";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { LoadMore } from "@/components/load-more";
import { NoResults, NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { ago, count, dateTime } from "@/lib/format";

const ANY = "any";
/** Sign-ins are most of what is on record and seldom what is looked for: they are shown on request. */
const SIGN_IN = "session";

export function AuditPage() {
  const { site } = useScope();
  const audit = useInfiniteQuery(auditQuery);
  const { kind, sign_ins: signIns } = useSearch({ from: "/app/audit" });
  const patch = usePatchSearch();
  const all = audit.data?.pages.flatMap((page) => page.rows) ?? [];
  const kinds = [...new Set([...all.map(thingOf), ...(kind ? [kind] : [])])].filter((one) => one !== SIGN_IN).sort();
  const rows = all.filter((row) => (thingOf(row) === SIGN_IN ? kind === undefined && signIns : kind === undefined || thingOf(row) === kind));
  const hidden = all.filter((row) => thingOf(row) === SIGN_IN).length;
  return (
    <Page narrow title="Audit" description="Who changed what, and when. Nothing here can be edited." actions={<Chain />}>
      <Card aria-label="Audit log" className="overflow-hidden">
        {audit.isError ? (
          <ErrorState error={audit.error} onRetry={() => void audit.refetch()} />
        ) : audit.isPending ? (
          <TableSkeleton rows={8} columns={2} />
        ) : all.length === 0 ? (
          <NothingYet icon={ScrollText} title="Nothing has been changed yet">
            Sign-ins, uploads, replays and agent runs will each leave a line here.
          </NothingYet>
        ) : (
          <>
            <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2.5 sm:px-5">
              <Select
                label="Kind of change"
                value={kind ?? ANY}
                onChange={(next) => patch({ kind: next === ANY ? undefined : next })}
                options={[{ value: ANY, label: "All changes" }, ...kinds.map((value) => ({ value, label: titled(value) }))]}
              />
              {kind === undefined ? (
                <Button variant={signIns ? "secondary" : "ghost"} aria-pressed={signIns === true} onClick={() => patch({ sign_ins: signIns ? undefined : true })} className="text-[0.8125rem]">
                  <LogIn /> Sign-ins <span className="text-muted-foreground tabular font-normal">{count(hidden)}</span>
                </Button>
              ) : null}
            </div>
            {rows.length > 0 ? (
              <ul className="divide-y">
                {rows.map((row) => (
                  <Change key={row.id} row={row} zone={site.time_zone} />
                ))}
              </ul>
            ) : kind === undefined ? (
              <NothingYet icon={ScrollText} title={`Only sign-ins among the last ${count(all.length)}`}>
                Nothing else was changed since {dateTime(all.at(-1)?.at ?? 0, site.time_zone)}.
              </NothingYet>
            ) : (
              <NoResults what="changes" onClear={() => patch({ kind: undefined })} />
            )}
            <LoadMore
              has={audit.hasNextPage}
              loading={audit.isFetchingNextPage}
              onMore={() => void audit.fetchNextPage()}
              shown={rows.length}
              what={rows.length === 1 ? "change" : "changes"}
            />
          </>
        )}
      </Card>
    </Page>
  );
}

/** Every entry carries the hash of the one before: whether all of them still fit. */
function Chain() {
  const chain = useQuery(auditVerifyQuery);
  if (chain.isError) return null;
  if (chain.isPending) {
    return (
      <span role="status" className="text-muted-foreground flex items-center gap-1.5 text-xs">
        <LoaderCircle aria-hidden className="size-3.5 animate-spin" /> Checking the log
      </span>
    );
  }
  const { entries, holds, reason } = chain.data;
  return holds ? (
    <span role="status" className="text-positive flex items-center gap-1.5 text-xs font-medium" title="Each entry carries the hash of the one before; all of them were just checked.">
      <ShieldCheck aria-hidden className="size-4" /> {count(entries)} entries, none altered
    </span>
  ) : (
    <span role="alert" className="text-destructive flex items-center gap-1.5 text-xs font-medium">
      <ShieldAlert aria-hidden className="size-4" /> The log was altered{reason ? `: ${reason}` : ""}
    </span>
  );
}

/** What was changed: `campaign` of `campaign.publish`. */
const thingOf = (row: AuditRow) => row.action.split(".")[0] ?? "";
const titled = (thing: string) => thing.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());

/** `agent_run.request` as people say it: "Agent run: request". */
function inWords(action: string): string {
  const [thing = "", did = ""] = action.split(".");
  return `${titled(thing)}: ${did.replaceAll("_", " ")}`;
}

function Change({ row, zone }: { row: AuditRow; zone: string }) {
  const now = useNow();
  const who = useNames();
  const person = row.entity.startsWith("user:") ? who(row.entity.slice(5)) : null;
  const values: [string, unknown][] = [
    ["Before", row.before],
    ["After", row.after],
  ];
  const told = values.filter(([, value]) => value !== null && value !== undefined && value !== "");
  return (
    <li className="px-4 py-3 sm:px-5">
      <div className="flex flex-wrap items-baseline gap-x-2.5 gap-y-0.5 text-[0.8125rem]">
        <span className="font-medium" title={row.action}>
          {inWords(row.action)}
        </span>
        {person ? <span className="text-muted-foreground">{person}</span> : <code className="text-muted-foreground max-w-full truncate font-mono text-xs">{row.entity}</code>}
        <span className="text-muted-foreground ml-auto text-xs">
          {who(row.actor)} ·{" "}
          <time dateTime={new Date(row.at).toISOString()} title={dateTime(row.at, zone)}>
            {ago(row.at, now)}
          </time>
        </span>
      </div>
      {told.length > 0 ? (
        <details className="mt-1.5">
          <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-xs font-medium">Details</summary>
          <dl className="mt-2 grid gap-2 sm:grid-cols-2">
            {told.map(([label, value]) => (
              <div key={label} className="min-w-0">
                <dt className="text-muted-foreground mb-1 text-2xs font-medium">{label}</dt>
                <dd className="bg-muted/60 thin-scroll overflow-x-auto rounded-md border p-2.5 font-mono text-xs leading-5 whitespace-pre">
                  {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
                </dd>
              </div>
            ))}
          </dl>
        </details>
      ) : null}
    </li>
  );
}
