import { useMutation, useQuery } from "@tanstack/react-query";
import { LoaderCircle, Play, Table2 } from "lucide-react";
import { type KeyboardEvent, useId, useRef, useState } from "react";

import { ApiError, describe } from "@/api/problem";
import { querySchemaQuery, runSql } from "@/api/questions";
import { CodeBlock } from "@/components/code-block";
import { ErrorState } from "@/components/states/error";
import { NothingYet } from "@/components/states/empty";
import { Words } from "@/components/words";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Label } from "@/components/ui/label";
import { Skeleton } from "@/components/ui/skeleton";
import { Textarea } from "@/components/ui/textarea";
import { useScope } from "@/hooks/use-scope";
import { count, plural } from "@/lib/format";

import { AnswerRows } from "./answer-rows";

/** Questions in SQL: the text, what it may say beside it, the rows below. */
export function SqlView() {
  const { site } = useScope();
  const id = useId();
  const box = useRef<HTMLTextAreaElement>(null);
  const [sql, setSql] = useState("");
  const run = useMutation({ mutationFn: (text: string) => runSql(site.key, text) });
  const refused = run.error instanceof ApiError && run.error.status === 422 ? run.error : null;
  const start = () => {
    if (sql.trim() && !run.isPending) run.mutate(sql);
  };
  const keys = (event: KeyboardEvent) => {
    if (event.key === "Enter" && (event.metaKey || event.ctrlKey)) {
      event.preventDefault();
      start();
    }
  };
  const insert = (name: string) => {
    const field = box.current;
    const from = field?.selectionStart ?? sql.length;
    const to = field?.selectionEnd ?? from;
    setSql(sql.slice(0, from) + name + sql.slice(to));
    // The caret goes behind what was put in, once the field holds it.
    requestAnimationFrame(() => {
      field?.focus();
      field?.setSelectionRange(from + name.length, from + name.length);
    });
  };
  return (
    <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_20rem]">
      <div className="min-w-0 space-y-5">
        <Card aria-label="SQL" className="p-4 sm:p-5">
          <Label htmlFor={id} className="mb-1.5 block">
            One SELECT over the listed tables
          </Label>
          <Textarea
            ref={box}
            id={id}
            value={sql}
            onChange={(event) => setSql(event.target.value)}
            onKeyDown={keys}
            spellCheck={false}
            autoCapitalize="off"
            aria-invalid={refused !== null}
            aria-describedby={refused ? `${id}-said` : undefined}
            placeholder={"SELECT source, COUNT(*) AS sessions\nFROM sessions\nGROUP BY source\nORDER BY sessions DESC\nLIMIT 20"}
            className="min-h-40 font-mono text-xs leading-5"
          />
          {refused ? (
            <p id={`${id}-said`} role="alert" className="text-destructive mt-1.5 text-xs text-pretty break-words">
              <Words text={refused.fields.map((field) => field.detail).join(" ") || describe(refused).detail} />
            </p>
          ) : null}
          <div className="mt-3 flex flex-wrap items-center gap-3">
            <Button onClick={start} disabled={!sql.trim() || run.isPending}>
              {run.isPending ? <LoaderCircle className="animate-spin" /> : <Play />} Run
            </Button>
            <span className="text-muted-foreground text-xs">It reads only, and only {site.name}. Ctrl or ⌘ and Enter run it too.</span>
          </div>
        </Card>
        <Card aria-label="Result" className="overflow-hidden">
          {run.error && !refused ? (
            <ErrorState error={run.error} onRetry={start} />
          ) : run.data ? (
            <>
              <CardHeader className="border-b">
                <CardTitle>{plural(run.data.rows.length, "row")}</CardTitle>
                <span className="text-muted-foreground text-xs">
                  {run.data.truncated ? `the first ${count(run.data.limit)}; there may be more · ` : ""}
                  {run.data.tables.join(", ")} · {run.data.engine === "d1" ? "D1" : "ClickHouse"}
                </span>
              </CardHeader>
              <AnswerRows label="Result" chart={run.data.chart} columns={run.data.columns} rows={run.data.rows} />
              <details className="border-t px-4 py-3 text-[0.8125rem] sm:px-5">
                <summary className="focus-ring w-fit cursor-pointer rounded-sm font-medium">The SQL that ran</summary>
                <CodeBlock label="Narrowed to the site" code={run.data.sql} className="mt-2" />
              </details>
            </>
          ) : run.isPending ? (
            <div role="status" aria-label="Running" className="space-y-3 p-5">
              <Skeleton className="h-4 w-40" />
              <Skeleton className="h-28" />
            </div>
          ) : (
            <NothingYet icon={Table2} title="Nothing has run yet" className="py-10">
              Write a query above. Its rows appear here, as a chart where they make one.
            </NothingYet>
          )}
        </Card>
      </div>
      <Schema onInsert={insert} />
    </div>
  );
}

function Schema({ onInsert }: { onInsert: (name: string) => void }) {
  const schema = useQuery(querySchemaQuery);
  return (
    <Card aria-label="Tables and columns" className="overflow-hidden lg:sticky lg:top-4">
      <CardHeader className="border-b">
        <CardTitle>What it may say</CardTitle>
      </CardHeader>
      {schema.isError ? (
        <ErrorState error={schema.error} onRetry={() => void schema.refetch()} />
      ) : schema.isPending ? (
        <div role="status" aria-label="Loading" className="space-y-3 p-5">
          {Array.from({ length: 6 }, (_, line) => (
            <Skeleton key={line} className="h-4" />
          ))}
        </div>
      ) : (
        <div className="thin-scroll max-h-[70vh] divide-y overflow-y-auto text-[0.8125rem]">
          {schema.data.tables.map((table) => (
            <details key={table.name} className="px-4 py-2.5">
              <summary className="focus-ring cursor-pointer rounded-sm font-mono text-xs leading-5 font-medium">{table.name}</summary>
              <p className="text-muted-foreground mt-1 text-xs text-pretty">{table.description}</p>
              <ul className="mt-2 space-y-1.5">
                {table.columns.map((column) => (
                  <li key={column.name}>
                    <button
                      type="button"
                      onClick={() => onInsert(column.name)}
                      aria-label={`Insert ${column.name}`}
                      className="focus-ring text-link rounded-sm font-mono text-xs leading-5 underline-offset-4 hover:underline"
                    >
                      {column.name}
                    </button>
                    <p className="text-muted-foreground text-xs text-pretty">{column.description}</p>
                  </li>
                ))}
              </ul>
            </details>
          ))}
          <details className="px-4 py-2.5">
            <summary className="focus-ring cursor-pointer rounded-sm text-xs leading-5 font-medium">Functions</summary>
            <p className="text-muted-foreground mt-1 font-mono text-xs leading-5 break-words">{schema.data.functions.join(", ")}</p>
          </details>
          <details className="px-4 py-2.5">
            <summary className="focus-ring cursor-pointer rounded-sm text-xs leading-5 font-medium">Rules</summary>
            <ul className="text-muted-foreground mt-1 list-disc space-y-1 pl-4 text-xs text-pretty">
              {schema.data.rules.map((rule) => (
                <li key={rule}>
                  <Words text={rule} />
                </li>
              ))}
            </ul>
          </details>
        </div>
      )}
    </Card>
  );
}
