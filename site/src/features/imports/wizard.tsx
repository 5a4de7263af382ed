import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, Download, LoaderCircle, TriangleAlert, UploadCloud } from "lucide-react";
import { RadioGroup } from "radix-ui";
import { type DragEvent, type ReactNode, useEffect, useId, useRef, useState } from "react";

import { importQuery, type ImportDetail, type ImportKind, unfinished, uploadImport } from "@/api/imports";
import { ApiError, describe } from "@/api/problem";
import { Note } from "@/components/note";
import { ProgressBar } from "@/components/progress-bar";
import { ErrorState } from "@/components/states/error";
import { Words } from "@/components/words";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { count, percent, plural } from "@/lib/format";
import { bytes } from "@/lib/image";

import { fraction, KIND_WORDS, kindLabel, type KindWords, unfit } from "./kinds";
import { RefusedRows } from "./refused-rows";
import { template } from "./template";

/** What, which file, and what became of it: one after the other in one card. */
export function Wizard({
  kind,
  onKind,
  current,
  onCurrent,
}: {
  kind: ImportKind;
  onKind: (kind: ImportKind) => void;
  /** The import it shows the outcome of. */
  current: string | null;
  onCurrent: (id: string | null) => void;
}) {
  return (
    <Card aria-label="New import" className="p-4 sm:p-5">
      {current ? (
        <Outcome key={current} id={current} onAgain={() => onCurrent(null)} />
      ) : (
        <div className="space-y-5">
          <Part number={1} title="What is in the file">
            <Kinds kind={kind} onKind={onKind} />
          </Part>
          <Part number={2} title="The file">
            <DropZone key={kind} kind={kind} onSent={onCurrent} />
          </Part>
        </div>
      )}
    </Card>
  );
}

function Part({ number, title, children }: { number: number; title: string; children: ReactNode }) {
  return (
    <section>
      <h2 className="mb-2.5 flex items-center gap-2 text-sm font-semibold">
        <span aria-hidden className="bg-muted text-muted-foreground tabular grid size-5 place-items-center rounded-full text-2xs">
          {number}
        </span>
        {title}
      </h2>
      {children}
    </section>
  );
}

function Kinds({ kind, onKind }: { kind: ImportKind; onKind: (kind: ImportKind) => void }) {
  return (
    <RadioGroup.Root aria-label="What is in the file" value={kind} onValueChange={(next) => onKind(next as ImportKind)} className="grid gap-2.5 sm:grid-cols-2 xl:grid-cols-4">
      {KIND_WORDS.map((one) => (
        <RadioGroup.Item
          key={one.kind}
          value={one.kind}
          className="focus-ring group hover:bg-muted/60 data-[state=checked]:border-primary data-[state=checked]:bg-accent-soft flex items-start gap-2.5 rounded-lg border px-3 py-2.5 text-left transition-colors"
        >
          <span aria-hidden className="border-input group-data-[state=checked]:border-primary mt-0.5 grid size-4 shrink-0 place-items-center rounded-full border">
            <span className="bg-primary size-2 scale-0 rounded-full transition-transform group-data-[state=checked]:scale-100" />
          </span>
          <span className="min-w-0">
            <span className="block text-[0.8125rem] leading-5 font-medium">{one.label}</span>
            <span className="text-muted-foreground block text-xs text-pretty">{one.hint}</span>
          </span>
        </RadioGroup.Item>
      ))}
    </RadioGroup.Root>
  );
}

function DropZone({ kind, onSent }: { kind: ImportKind; onSent: (id: string) => void }) {
  const { site, today } = useScope();
  const inputId = useId();
  const input = useRef<HTMLInputElement>(null);
  const [over, setOver] = useState(false);
  const [refused, setRefused] = useState<{ name: string; why: string } | null>(null);
  const queryClient = useQueryClient();
  const words = KIND_WORDS.find((one) => one.kind === kind) as KindWords;
  const upload = useMutation({
    mutationFn: (file: File) => uploadImport(site.key, kind, file),
    onSuccess: async (row) => {
      onSent(row.id);
      await queryClient.invalidateQueries({ queryKey: ["imports"] });
    },
  });
  const take = (files: FileList | null) => {
    const file = files?.[0];
    if (!file || upload.isPending) return;
    const why = unfit(file, words);
    setRefused(why ? { name: file.name, why } : null);
    upload.reset();
    if (!why) upload.mutate(file);
  };
  const hover = (event: DragEvent, inside: boolean) => {
    event.preventDefault();
    setOver(inside);
  };
  return (
    <div className="space-y-3">
      <div
        role="group"
        aria-label="Upload"
        onDragOver={(event) => hover(event, true)}
        onDragLeave={(event) => hover(event, false)}
        onDrop={(event) => {
          hover(event, false);
          take(event.dataTransfer.files);
        }}
        className={cn(
          "flex flex-col items-center rounded-xl border border-dashed px-6 py-8 text-center transition-colors",
          over ? "border-primary bg-accent-soft" : "border-border-strong",
        )}
      >
        <span className="bg-muted text-muted-foreground mb-3 grid size-11 place-items-center rounded-xl border">
          {upload.isPending ? <LoaderCircle aria-hidden className="size-5 animate-spin" /> : <UploadCloud aria-hidden className="size-5" strokeWidth={1.75} />}
        </span>
        <p role="status" className="max-w-full text-sm font-semibold break-words">
          {upload.isPending ? `Uploading ${upload.variables.name} (${bytes(upload.variables.size)})…` : `Drop the ${words.label.replace("Ad", "ad")} file here`}
        </p>
        <p className="text-muted-foreground mt-1 max-w-md text-[0.8125rem] text-pretty">
          {words.file} {kind === "ad_spend" ? `Spend is in ${site.currency}. ` : ""}Up to {bytes(words.most)}.
        </p>
        <label htmlFor={inputId} className="sr-only">
          {words.label} CSV file
        </label>
        <input
          ref={input}
          id={inputId}
          type="file"
          accept=".csv,text/csv"
          className="sr-only"
          tabIndex={-1}
          onChange={(event) => {
            take(event.target.files);
            event.target.value = "";
          }}
        />
        <div className="mt-4 flex flex-wrap justify-center gap-2">
          <Button onClick={() => input.current?.click()} disabled={upload.isPending}>
            Choose a file
          </Button>
          {kind === "ad_spend" ? (
            <Button asChild variant="outline">
              <a href={`data:text/csv;charset=utf-8,${encodeURIComponent(template(site.currency, today))}`} download="adroit-ad-spend.csv">
                <Download /> Template
              </a>
            </Button>
          ) : null}
        </div>
      </div>
      {refused ? (
        <Note alert tone="destructive" title={`${refused.name} was not uploaded`}>
          {refused.why}
        </Note>
      ) : upload.isError ? (
        <Note
          alert
          tone="destructive"
          title={`${upload.variables.name} was not taken`}
          {...(passing(upload.error)
            ? {
                action: (
                  <Button variant="outline" size="sm" onClick={() => upload.mutate(upload.variables)}>
                    Try again
                  </Button>
                ),
              }
            : {})}
        >
          <Words text={said(upload.error)} />
        </Note>
      ) : null}
    </div>
  );
}

/** Whether the same file may be taken when it is sent again. */
function passing(error: unknown): boolean {
  return !(error instanceof ApiError) || error.status === 0 || error.status === 429 || error.status >= 500;
}

/** The problem's detail and what it says about single fields, each once. */
function said(error: unknown): string {
  const { detail } = describe(error);
  const fields = error instanceof ApiError ? error.fields.map((field) => field.detail).filter((text) => !detail.includes(text)) : [];
  return [detail, ...fields].join(" ");
}

/** An import from the moment it is sent until it has ended. */
function Outcome({ id, onAgain }: { id: string; onAgain: () => void }) {
  const detail = useQuery(importQuery(id));
  const queryClient = useQueryClient();
  const heading = useRef<HTMLHeadingElement>(null);
  const status = detail.data?.status;
  const there = detail.isSuccess;
  // What was focused is gone: whoever listens is told where they are now.
  useEffect(() => {
    if (there) heading.current?.focus();
  }, [there]);
  useEffect(() => {
    if (status !== "done") return;
    // New rows change every figure that is on screen elsewhere.
    void queryClient.invalidateQueries({ predicate: (query) => query.queryKey[0] !== "me" && query.queryKey[0] !== "import" });
  }, [status, queryClient]);
  if (detail.isError) return <ErrorState error={detail.error} onRetry={() => void detail.refetch()} />;
  if (!detail.data) return <Skeleton role="status" aria-label="Loading" className="h-36" />;
  const run = detail.data;
  const working = unfinished(run.status);
  const failed = run.status === "failed";
  const Icon = working ? LoaderCircle : failed || run.rows_rejected > 0 ? TriangleAlert : CircleCheck;
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-start gap-x-4 gap-y-3">
        <span
          className={cn(
            "grid size-10 shrink-0 place-items-center rounded-xl",
            working ? "bg-muted text-muted-foreground" : failed ? "bg-destructive-soft text-destructive" : run.rows_rejected > 0 ? "bg-warning-soft text-warning" : "bg-positive-soft text-positive",
          )}
        >
          <Icon aria-hidden className={cn("size-5", working && "animate-spin")} strokeWidth={1.75} />
        </span>
        <div className="min-w-0 flex-1 basis-52">
          <h2 ref={heading} tabIndex={-1} className="text-sm font-semibold outline-none">
            {title(run)}
          </h2>
          <p className="text-muted-foreground text-[0.8125rem] break-words">
            {kindLabel(run.kind)} · {run.file_name} · {bytes(run.bytes_total)}
          </p>
        </div>
        {working ? null : (
          <div className="flex flex-wrap gap-2">
            {failed ? null : (
              <Button asChild variant="outline">
                <Link to="/">Open the dashboard</Link>
              </Button>
            )}
            <Button onClick={onAgain}>{failed ? "Try another file" : "Import another file"}</Button>
          </div>
        )}
      </div>
      {working ? <Progress run={run} /> : null}
      {failed ? (
        <Note alert tone="destructive" title="Why">
          <Words text={run.detail || "The file could not be read."} />
        </Note>
      ) : (
        <dl className="bg-border grid grid-cols-3 gap-px overflow-hidden rounded-lg border">
          {(
            [
              ["Rows read", run.rows_total],
              ["Stored", run.rows_loaded],
              ["Refused", run.rows_rejected],
            ] as const
          ).map(([label, rows]) => (
            <div key={label} className="bg-card px-4 py-2.5">
              <dt className="text-muted-foreground text-xs">{label}</dt>
              <dd className={cn("tabular truncate text-lg leading-7 font-semibold", label === "Refused" && rows > 0 && "text-warning")}>{count(rows)}</dd>
            </div>
          ))}
        </dl>
      )}
      {run.errors.length > 0 ? (
        <div className="thin-scroll max-h-96 overflow-auto">
          <RefusedRows detail={run} />
        </div>
      ) : null}
    </div>
  );
}

function title(run: ImportDetail): string {
  if (run.status === "queued") return "Waiting to be read";
  if (run.status === "running") return "Being read";
  if (run.status === "failed") return "The file could not be imported";
  if (run.rows_total === 0) return "There were no rows in it";
  return run.rows_rejected > 0 ? `Imported, but ${plural(run.rows_rejected, "row was", "rows were")} refused` : "Imported: every row is stored";
}

/** How far an import is. While nobody can say, the bar only moves. */
export function Progress({ run, className }: { run: Pick<ImportDetail, "file_name" | "bytes_done" | "bytes_total" | "rows_total" | "rows_loaded" | "rows_rejected" | "status">; className?: string }) {
  const done = fraction(run);
  return (
    <div className={className}>
      <ProgressBar label={`Reading ${run.file_name}`} done={done} />
      <p className="text-muted-foreground tabular mt-1.5 text-xs">
        {done === null ? "Not begun yet" : percent(done, { digits: 0 })}
        {run.bytes_done > 0 ? ` · ${bytes(run.bytes_done)} of ${bytes(run.bytes_total)}` : ""}
      </p>
    </div>
  );
}
