import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { LoaderCircle, ScrollText, ShieldAlert, ShieldCheck } from "lucide-react";

import { auditQuery, auditVerifyQuery } from "@/api/queries";
import type { AuditRow } from "@/api/types";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { LoadMore } from "@/components/load-more";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Card } from "@/components/ui/card";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { useScope } from "@/hooks/use-scope";
import { ago, count, dateTime } from "@/lib/format";

export function AuditPage() {
  const { site } = useScope();
  const audit = useInfiniteQuery(auditQuery);
  const rows = audit.data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <Page narrow title="Audit" description="Who changed what, and when. Nothing here can be edited." actions={<Chain />}>
      <Card aria-label="Audit log" className="overflow-hidden">
        {audit.isError ? (
          <ErrorState error={audit.error} onRetry={() => void audit.refetch()} />
        ) : audit.isPending ? (
          <TableSkeleton rows={8} columns={2} />
        ) : rows.length === 0 ? (
          <NothingYet icon={ScrollText} title="Nothing has been changed yet">
            Sign-ins, uploads, replays and agent runs will each leave a line here.
          </NothingYet>
        ) : (
          <>
            <ul className="divide-y">
              {rows.map((row) => (
                <Change key={row.id} row={row} zone={site.time_zone} />
              ))}
            </ul>
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

/** `agent_run.request` as people say it: "Agent run: request". */
function inWords(action: string): string {
  const [thing = "", did = ""] = action.split(".");
  return `${thing.replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase())}: ${did.replaceAll("_", " ")}`;
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
