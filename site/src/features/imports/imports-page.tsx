import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ChevronRight, FileSpreadsheet, LoaderCircle } from "lucide-react";
import { useState } from "react";

import { importQuery, type ImportRun, importsQuery, unfinished } from "@/api/imports";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Words } from "@/components/words";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ago, count, dateTime, plural } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";

import { isKind, kindLabel } from "./kinds";
import { RefusedRows } from "./refused-rows";
import { Progress, Wizard } from "./wizard";

export function ImportsPage() {
  const { site, me } = useScope();
  const { id, kind } = useSearch({ from: "/app/imports" });
  const patch = usePatchSearch();
  const imports = useQuery(importsQuery(site.key));
  // The import the card follows; another site's is not this page's.
  const [sent, setSent] = useState<{ site: string; id: string } | null>(null);
  const current = sent?.site === site.key ? sent.id : null;
  return (
    <Page title="Imports" description="What your ads cost and what your shop knows, from CSV files. A file imported again counts nothing twice.">
      {allows(me, "manage_imports") ? (
        <Wizard
          key={site.key}
          kind={isKind(kind) ? kind : "ad_spend"}
          onKind={(next) => patch({ kind: next === "ad_spend" ? undefined : next })}
          current={current}
          onCurrent={(next) => setSent(next ? { site: site.key, id: next } : null)}
        />
      ) : (
        <Note title={`Files are uploaded by ${whoMay("manage_imports")}`}>You see what was imported and what was refused.</Note>
      )}
      <Card aria-label="Past imports" className="overflow-hidden">
        <CardHeader className="border-b">
          <CardTitle>Past imports</CardTitle>
        </CardHeader>
        {imports.isError ? (
          <ErrorState error={imports.error} onRetry={() => void imports.refetch()} />
        ) : imports.isPending ? (
          <TableSkeleton rows={3} columns={3} />
        ) : imports.data.rows.length === 0 ? (
          <NothingYet icon={FileSpreadsheet} title="Nothing imported yet">
            Without spend there is no ROAS, CPA or MER. Export a daily campaign report from your ad platform, or your shop's orders, and drop the file above.
          </NothingYet>
        ) : (
          <ul className="divide-y">
            {imports.data.rows.map((row) => (
              <ImportRow key={row.id} row={row} open={row.id === id} shown={row.id === current} />
            ))}
          </ul>
        )}
      </Card>
    </Page>
  );
}

const STATUS: Record<string, [string, BadgeVariant]> = {
  queued: ["Waiting", "secondary"],
  running: ["Reading", "default"],
  done: ["Done", "positive"],
  failed: ["Failed", "destructive"],
};

function ImportRow({ row, open, shown }: { row: ImportRun; open: boolean; shown: boolean }) {
  const { site } = useScope();
  const now = useNow();
  const [label, variant] = row.status === "done" && row.rows_rejected > 0 ? (["Done with errors", "warning"] as const) : (STATUS[row.status] ?? [row.status, "secondary"]);
  const working = unfinished(row.status);
  const panel = `import-${row.id}`;
  return (
    <li>
      <Link
        to="."
        search={(previous) => ({ ...previous, id: open ? undefined : row.id })}
        replace
        resetScroll={false}
        aria-expanded={open}
        aria-controls={panel}
        className="focus-ring hover:bg-muted/60 grid grid-cols-[auto_minmax(0,1fr)_auto] items-center gap-3 px-4 py-3 -outline-offset-2 transition-colors sm:px-5"
      >
        <ChevronRight aria-hidden className={cn("text-muted-foreground size-4 transition-transform", open && "rotate-90")} />
        <span className="min-w-0">
          <span className="block truncate text-[0.8125rem] font-medium">{row.file_name || kindLabel(row.kind)}</span>
          <span className="text-muted-foreground tabular block text-xs break-words sm:truncate" title={dateTime(row.created_at, site.time_zone)}>
            {kindLabel(row.kind)} · {ago(row.created_at, now)} · {row.status === "failed" ? row.detail || "could not be read" : `${count(row.rows_loaded)} of ${plural(row.rows_total, "row")} loaded`}
            {row.rows_rejected > 0 ? `, ${count(row.rows_rejected)} refused` : ""}
          </span>
        </span>
        <Badge variant={variant}>
          {working ? <LoaderCircle aria-hidden className="animate-spin" /> : null}
          {label}
        </Badge>
      </Link>
      {/* One bar is enough for the import the card above follows. */}
      {working && !shown ? <Progress run={row} className="px-4 pb-3 sm:px-5" /> : null}
      <div id={panel} hidden={!open}>
        {open ? <ImportErrors id={row.id} status={row.status} /> : null}
      </div>
    </li>
  );
}

function ImportErrors({ id, status }: { id: string; status: string }) {
  const detail = useQuery(importQuery(id));
  if (detail.isError) return <ErrorState error={detail.error} onRetry={() => void detail.refetch()} className="py-6" />;
  if (detail.isPending) return <Skeleton className="mx-5 mb-4 h-12" />;
  const { errors } = detail.data;
  if (errors.length === 0) {
    return (
      <p className="text-muted-foreground px-5 pb-4 pl-11 text-[0.8125rem] sm:pl-12">
        {status === "failed" ? <Words text={detail.data.detail || "The file could not be read."} /> : status === "done" ? "Every row was stored." : "No row was refused so far."}
      </p>
    );
  }
  return (
    <div className="thin-scroll max-h-96 overflow-auto px-4 pb-4 sm:pr-5 sm:pl-12">
      <RefusedRows detail={detail.data} />
    </div>
  );
}
