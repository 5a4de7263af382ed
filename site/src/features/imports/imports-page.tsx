import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ChevronRight, Download, FileSpreadsheet, LoaderCircle, UploadCloud } from "lucide-react";
import { type DragEvent, useId, useRef, useState } from "react";
import { toast } from "sonner";

import { describe } from "@/api/problem";
import { importQuery, importsQuery, uploadAdSpend } from "@/api/queries";
import type { ImportRun } from "@/api/types";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { NothingYet } from "@/components/states/empty";
import { Words } from "@/components/words";
import { ErrorState } from "@/components/states/error";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ago, count, dateTime, plural } from "@/lib/format";

import { template } from "./template";

/** Largest file taken, bytes: the API's limit for a body of this kind. */
const MAX_BYTES = 10 * 1024 * 1024;

export function ImportsPage() {
  const { site, today } = useScope();
  const { id } = useSearch({ from: "/app/imports" });
  const imports = useQuery(importsQuery(site.key));
  return (
    <Page
      title="Imports"
      description="What your ads cost, from a CSV file. A day and campaign imported again replaces what was there."
      actions={
        <Button asChild variant="outline">
          <a href={`data:text/csv;charset=utf-8,${encodeURIComponent(template(site.currency, today))}`} download="adroit-ad-spend.csv">
            <Download /> Template
          </a>
        </Button>
      }
    >
      <DropZone site={site.key} currency={site.currency} />
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
            Without spend there is no ROAS, CPA or MER. Export a daily campaign report from your ad platform and drop it above.
          </NothingYet>
        ) : (
          <ul className="divide-y">
            {imports.data.rows.map((row) => (
              <ImportRow key={row.id} row={row} open={row.id === id} />
            ))}
          </ul>
        )}
      </Card>
    </Page>
  );
}

function DropZone({ site, currency }: { site: string; currency: string }) {
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const queryClient = useQueryClient();
  const patch = usePatchSearch();
  const upload = useMutation({
    mutationFn: (file: File) => uploadAdSpend(site, file),
    onSuccess: async (row) => {
      toast.success("Uploaded", { description: "The rows are being read; the list below keeps up." });
      patch({ id: row.id });
      await queryClient.invalidateQueries({ queryKey: ["imports"] });
    },
    onError: (error) => {
      const { title, detail } = describe(error);
      toast.error(title, { description: detail });
    },
  });
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (!file || upload.isPending) return;
    if (file.size > MAX_BYTES) {
      toast.error("The file is too large", { description: "At most 10 MB are taken at once; split it by month." });
      return;
    }
    upload.mutate(file);
  };
  const hover = (event: DragEvent, inside: boolean) => {
    event.preventDefault();
    setOver(inside);
  };
  return (
    <section
      aria-label="Upload"
      onDragOver={(event) => hover(event, true)}
      onDragLeave={(event) => hover(event, false)}
      onDrop={(event) => {
        hover(event, false);
        take(event.dataTransfer.files);
      }}
      className={cn(
        "bg-card flex flex-col items-center rounded-xl border border-dashed px-6 py-9 text-center transition-colors",
        over ? "border-primary bg-accent-soft" : "border-border-strong",
      )}
    >
      <span className="bg-muted text-muted-foreground mb-3 grid size-11 place-items-center rounded-xl border">
        {upload.isPending ? <LoaderCircle aria-hidden className="size-5 animate-spin" /> : <UploadCloud aria-hidden className="size-5" strokeWidth={1.75} />}
      </span>
      <p className="text-sm font-semibold">{upload.isPending ? "Uploading…" : "Drop an ad-spend CSV here"}</p>
      <p className="text-muted-foreground mt-1 max-w-md text-[0.8125rem] text-pretty">
        One row a day and campaign, spend in {currency} as people write it. The template shows the columns.
      </p>
      <label htmlFor={id} className="sr-only">
        Ad-spend CSV file
      </label>
      <input
        ref={input}
        id={id}
        type="file"
        accept=".csv,text/csv"
        className="sr-only"
        tabIndex={-1}
        onChange={(event) => {
          take(event.target.files);
          event.target.value = "";
        }}
      />
      <Button className="mt-4" onClick={() => input.current?.click()} disabled={upload.isPending}>
        Choose a file
      </Button>
    </section>
  );
}

const STATUS: Record<string, [string, BadgeVariant]> = {
  queued: ["Waiting", "secondary"],
  running: ["Reading", "default"],
  done: ["Done", "positive"],
  failed: ["Failed", "destructive"],
};

function ImportRow({ row, open }: { row: ImportRun; open: boolean }) {
  const { site } = useScope();
  const now = useNow();
  const [label, variant] = row.status === "done" && row.rows_rejected > 0 ? (["Done with errors", "warning"] as const) : (STATUS[row.status] ?? [row.status, "secondary"]);
  const working = row.status === "queued" || row.status === "running";
  const read = row.rows_loaded + row.rows_rejected;
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
          <span className="block truncate text-[0.8125rem] font-medium">{row.file_name || "ad spend"}</span>
          <span className="text-muted-foreground tabular block truncate text-xs" title={dateTime(row.created_at, site.time_zone)}>
            {ago(row.created_at, now)} · {row.status === "failed" ? row.detail || "could not be read" : `${count(row.rows_loaded)} of ${plural(row.rows_total, "row")} loaded`}
            {row.rows_rejected > 0 ? `, ${count(row.rows_rejected)} rejected` : ""}
          </span>
        </span>
        <Badge variant={variant}>
          {working ? <LoaderCircle aria-hidden className="animate-spin" /> : null}
          {label}
        </Badge>
      </Link>
      {working ? (
        <div
          role="progressbar"
          aria-label={`Reading ${row.file_name}`}
          aria-valuemin={0}
          aria-valuemax={row.rows_total || 1}
          aria-valuenow={read}
          className="bg-muted mx-5 mb-3 h-1 overflow-hidden rounded-full"
        >
          <span className="bg-primary block h-full rounded-full transition-[width] duration-500" style={{ width: `${row.rows_total ? Math.max(3, (read / row.rows_total) * 100) : 3}%` }} />
        </div>
      ) : null}
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
        {status === "failed" ? detail.data.detail || "The file could not be read." : status === "done" ? "Every row was loaded." : "No row was rejected so far."}
      </p>
    );
  }
  return (
    <div className="thin-scroll max-h-96 overflow-auto px-4 pb-4 sm:pr-5 sm:pl-12">
      <table aria-label="Rejected rows" className="w-full text-left text-[0.8125rem]">
        <thead className="text-muted-foreground text-xs">
          <tr>
            <th scope="col" className="w-16 py-1.5 font-medium">
              Row
            </th>
            <th scope="col" className="w-28 py-1.5 font-medium">
              Column
            </th>
            <th scope="col" className="py-1.5 font-medium">
              What is wrong
            </th>
          </tr>
        </thead>
        <tbody>
          {errors.map((error) => (
            <tr key={`${error.row} ${error.field}`} className="align-top">
              <td className="tabular border-t py-1.5">{count(error.row)}</td>
              <td className="border-t py-1.5 font-mono text-xs leading-5">{error.field}</td>
              <td className="border-t py-1.5 break-words"><Words text={error.reason} /></td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
