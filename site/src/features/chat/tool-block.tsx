import { useQuery } from "@tanstack/react-query";
import { ChevronRight, CircleCheck, CircleSlash, LoaderCircle, RotateCw, ShieldQuestion } from "lucide-react";
import { useEffect, useRef } from "react";

import type { ToolPart, Waiting } from "@/api/chat";
import { toApiError } from "@/api/problem";
import type { QuestionAnswer, SqlAnswer } from "@/api/questions";
import { type Tool, toolsQuery } from "@/api/tools";
import { CodeBlock } from "@/components/code-block";
import { Note } from "@/components/note";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Words } from "@/components/words";
import { Answered, NotUnderstood } from "@/features/ask/answer-card";
import { AnswerRows } from "@/features/ask/answer-rows";
import { useMetrics } from "@/hooks/use-metrics";
import { useScope } from "@/hooks/use-scope";
import { count, plural } from "@/lib/format";

import type { Block } from "./conversation";
import { cell, named, readable, type Reading, type Result } from "./results";
import { placeOf, WaitingRow, WaitingRows } from "./waiting";

/** What can be done from within the conversation. */
export interface Doings {
  onSay: (text: string) => void;
  onDecide: (approval: string, approved: boolean) => void;
  /** Does it again; absent where something came after it. */
  onAgain?: (() => void) | undefined;
}

/** A tool that was used, or that waits for permission to be. */
export function ToolBlock({ block, last, ...doings }: { block: Extract<Block, { kind: "tool" }>; last: boolean } & Doings) {
  const tools = useQuery(toolsQuery);
  const { part, waiting, problem } = block;
  const tool = tools.data?.find((one) => one.name === part.toolName);
  const title = tool?.title ?? named(part.toolName);
  switch (part.state) {
    case "approval-requested":
      return <Permission part={part} tool={tool} title={title} open={last} onDecide={doings.onDecide} />;
    case "output-denied":
      return <Settled icon="denied" title={title} text="Not allowed. Nothing was changed." />;
    case "output-error": {
      const refused = problem ? toApiError(problem.status, problem) : null;
      if (refused && part.toolName === "query_ask" && refused.status === 422) {
        return (
          <Card aria-label="Answer">
            <NotUnderstood error={refused} onAsk={doings.onSay} />
          </Card>
        );
      }
      return <Failure title={refused?.title ?? title} words={refused ? [refused.detail, ...refused.fields.map((one) => `${one.field.replace(/^\//, "")}: ${one.detail}`)].join(" ") : part.errorText} onAgain={doings.onAgain} />;
    }
    case "output-available":
      if (part.toolName === "query_ask") return <Answer answer={part.output as QuestionAnswer} question={asked(part.input)} />;
      return <Done part={part} title={title} waiting={waiting} />;
    default:
      return <UnderWay tool={part.toolName} title={title} />;
  }
}

const asked = (input: unknown) => String((input as { question?: unknown } | null)?.question ?? "");

function Answer({ answer, question }: { answer: QuestionAnswer; question: string }) {
  if (!Array.isArray(answer?.columns) || !Array.isArray(answer.rows)) return <Failure title="This answer is not readable any more" words="Ask again." />;
  return <Answered question={question} answer={answer} />;
}

export function Failure({ title, words, onAgain }: { title: string; words: string; onAgain?: (() => void) | undefined }) {
  return (
    <Note
      tone="destructive"
      title={title}
      action={
        onAgain ? (
          <Button variant="outline" size="sm" onClick={onAgain}>
            <RotateCw /> Try again
          </Button>
        ) : null
      }
    >
      <Words text={words} />
    </Note>
  );
}

/** The shape of what is coming. */
export function UnderWay({ tool, title }: { tool: string; title: string }) {
  if (tool === "query_ask") {
    return (
      <Card aria-label="Answer" className="overflow-hidden">
        <div role="status" aria-label="Working it out" className="space-y-4 p-5">
          <Skeleton className="h-5 w-52" />
          <Skeleton className="h-11 w-40" />
        </div>
      </Card>
    );
  }
  return (
    <p role="status" className="text-muted-foreground flex items-center gap-2.5 py-1 text-[0.8125rem]">
      <LoaderCircle aria-hidden className="text-link size-4 animate-spin" /> {title}…
    </p>
  );
}

function Settled({ icon, title, text }: { icon: "done" | "denied"; title: string; text: string }) {
  const Icon = icon === "done" ? CircleCheck : CircleSlash;
  return (
    <Card aria-label={title} className="flex items-center gap-2.5 px-4 py-3 text-[0.8125rem] sm:px-5">
      <Icon aria-hidden className={icon === "done" ? "text-positive size-4 shrink-0" : "text-muted-foreground size-4 shrink-0"} />
      <p className="min-w-0">
        <span className="font-medium">{title}</span> <span className="text-muted-foreground">{text}</span>
      </p>
    </Card>
  );
}

/** Asks before something is changed. What is allowed is what the server sealed when it asked, whatever stands here. */
function Permission({ part, tool, title, open, onDecide }: { part: Extract<ToolPart, { state: "approval-requested" }>; tool: Tool | undefined; title: string; open: boolean; onDecide: Doings["onDecide"] }) {
  const box = useRef<HTMLDivElement>(null);
  // Whoever waits for the answer with an empty line is led here; whoever types already is not interrupted.
  useEffect(() => {
    const active = document.activeElement;
    if (open && (active === document.body || (active instanceof HTMLTextAreaElement && active.value === ""))) box.current?.focus({ preventScroll: true });
  }, [open]);
  const given = Object.entries((part.input ?? {}) as Record<string, unknown>).filter(([name]) => name !== "idempotency_key");
  if (!open) return <Settled icon="denied" title={title} text="Nothing was decided. Nothing was changed." />;
  return (
    <Card aria-label={`Permission: ${title}`} className="border-border-strong overflow-hidden">
      <div ref={box} tabIndex={-1} className="focus-ring flex gap-3 rounded-xl px-4 py-4 -outline-offset-2 sm:px-5">
        <ShieldQuestion aria-hidden className={tool?.destructive ? "text-destructive mt-0.5 size-4.5 shrink-0" : "text-warning mt-0.5 size-4.5 shrink-0"} />
        <div className="min-w-0 flex-1">
          <h3 className="flex flex-wrap items-center gap-2 text-sm font-semibold">
            {title}?{tool?.destructive ? <Badge variant="destructive">Cannot be undone</Badge> : null}
          </h3>
          {tool?.about ? <p className="text-muted-foreground mt-0.5 text-[0.8125rem] text-pretty">{tool.about}</p> : null}
          {given.length > 0 ? (
            <dl className="bg-muted/60 mt-2.5 grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1 rounded-lg border px-3 py-2 text-xs">
              {given.map(([name, value]) => (
                <div key={name} className="contents">
                  <dt className="text-muted-foreground">{named(name)}</dt>
                  <dd className="font-mono break-all">{typeof value === "string" ? value : JSON.stringify(value)}</dd>
                </div>
              ))}
            </dl>
          ) : null}
          <div className="mt-3 flex flex-wrap items-center gap-2">
            <Button variant={tool?.destructive ? "destructive" : "default"} onClick={() => onDecide(part.approval.id, true)}>
              Allow
            </Button>
            <Button variant="outline" onClick={() => onDecide(part.approval.id, false)}>
              Don’t allow
            </Button>
            {tool?.effect === "approval" ? <span className="text-muted-foreground text-xs">Somebody else must approve it afterwards.</span> : null}
          </div>
        </div>
      </div>
    </Card>
  );
}

function Done({ part, title, waiting }: { part: Extract<ToolPart, { state: "output-available" }>; title: string; waiting: readonly Waiting[] }) {
  const { site } = useScope();
  const { all } = useMetrics();
  const reading: Reading = { currency: site.currency, zone: site.time_zone, metric: (id) => all.find((metric) => metric.id === id) ?? null };
  const places = waiting.flatMap((one) => {
    const place = placeOf(one);
    return place ? [{ ...one, place }] : [];
  });
  const free = part.toolName === "query_run" ? (part.output as SqlAnswer) : null;
  const result = free ? null : readable(part.output, reading);
  const bare = !free && (result?.facts.length ?? 0) + (result?.total ?? 0) === 0;
  const raw = JSON.stringify(part.output, null, 2) ?? "null";
  if (bare && places.length === 0 && raw.length < 5) return <Settled icon="done" title={title} text="Done." />;
  return (
    <Card aria-label={title} className="overflow-hidden">
      <header className="flex min-h-11 items-center gap-2.5 px-4 py-2.5 sm:px-5">
        <CircleCheck aria-hidden className="text-positive size-4 shrink-0" />
        <h3 className="min-w-0 flex-1 text-sm font-semibold">{title}</h3>
        {result && result.total > 0 ? <span className="text-muted-foreground tabular text-xs">{plural(result.total, "row")}</span> : null}
      </header>
      {free ? (
        <div className="border-t">
          <AnswerRows label={title} chart={free.chart} columns={free.columns} rows={free.rows} />
        </div>
      ) : result ? (
        <Readable result={result} />
      ) : null}
      {places.length > 0 ? (
        <WaitingRows>
          {places.map((one) => (
            <WaitingRow key={one.id} kind={cell("kind", named(one.kind), reading)} title={one.title} action="Open" to={one.place} />
          ))}
        </WaitingRows>
      ) : null}
      <details className="group border-t">
        <summary className="focus-ring hover:bg-muted/60 text-muted-foreground flex min-h-10 cursor-pointer list-none items-center gap-2 px-4 py-2 text-xs font-medium -outline-offset-2 transition-colors sm:px-5 [&::-webkit-details-marker]:hidden">
          <ChevronRight aria-hidden className="size-4 transition-transform group-open:rotate-90" />
          The whole answer
        </summary>
        <div className="px-4 pb-4 sm:px-5">
          <CodeBlock label={part.toolName} code={raw.length > 20_000 ? `${raw.slice(0, 20_000)}\n…` : raw} className="[&_pre]:max-h-80 [&_pre]:overflow-y-auto" />
        </div>
      </details>
    </Card>
  );
}

function Readable({ result: { facts, columns, rows, total } }: { result: Result }) {
  return (
    <>
      {facts.length > 0 ? (
        <dl className="grid grid-cols-2 gap-x-6 gap-y-3 border-t px-4 py-3.5 sm:grid-cols-3 sm:px-5">
          {facts.map((fact) => (
            <div key={fact.name} className="min-w-0">
              <dt className="text-muted-foreground truncate text-xs">{fact.name}</dt>
              <dd className="tabular truncate text-sm font-medium" title={fact.text.length > 24 ? fact.text : undefined}>
                {fact.text}
              </dd>
              {fact.before ? <dd className="text-muted-foreground tabular text-2xs">from {fact.before}</dd> : null}
            </div>
          ))}
        </dl>
      ) : null}
      {rows.length > 0 ? (
        // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area has to be reachable by keyboard
        <div tabIndex={0} role="region" aria-label="Rows" className="focus-ring thin-scroll max-h-96 overflow-auto border-t -outline-offset-2">
          <table className="w-full text-[0.8125rem]">
            <thead>
              <tr className="text-muted-foreground text-left text-xs">
                {columns.map((column) => (
                  <th key={column} scope="col" className="px-4 py-2 font-medium whitespace-nowrap first:sm:pl-5">
                    {column}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody className="divide-y border-t">
              {rows.map((row, at) => (
                <tr key={at}>
                  {row.map((text, index) => (
                    <td key={index} className="tabular max-w-72 truncate px-4 py-2 first:sm:pl-5" title={text.length > 40 ? text : undefined}>
                      {text}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
          {total > rows.length ? <p className="text-muted-foreground border-t px-4 py-2 text-xs sm:px-5">The first {count(rows.length)} of {plural(total, "row")}.</p> : null}
        </div>
      ) : null}
    </>
  );
}
