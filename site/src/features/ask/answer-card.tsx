import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { ChevronRight, CircleHelp, LoaderCircle, ThumbsDown, ThumbsUp } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { ApiError } from "@/api/problem";
import { answerQuery, judgeAnswer, type QuestionAnswer } from "@/api/questions";
import { CodeBlock } from "@/components/code-block";
import { Field } from "@/components/field";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { Skeleton } from "@/components/ui/skeleton";
import { Textarea } from "@/components/ui/textarea";
import { Words } from "@/components/words";
import { useNow } from "@/hooks/use-now";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { rangeText } from "@/lib/dates";
import { ago, dateTime, plural } from "@/lib/format";
import { tell } from "@/lib/told";

import { AnswerRows } from "./answer-rows";

/** What became of a question: its answer, or what was not understood and what to ask instead. */
export function AnswerCard({ question, onAsk }: { question: string; onAsk: (question: string) => void }) {
  const { site } = useScope();
  const answer = useQuery(answerQuery(site.key, question));
  if (answer.isPending) {
    return (
      <Card aria-label="Answer" className="overflow-hidden">
        <div role="status" aria-label="Working it out" className="space-y-4 p-5">
          <Skeleton className="h-5 w-64" />
          <Skeleton className="h-12 w-44" />
          <Skeleton className="h-40" />
        </div>
      </Card>
    );
  }
  if (answer.isError) {
    return (
      <Card aria-label="Answer">
        {answer.error instanceof ApiError && answer.error.status === 422 ? (
          <NotUnderstood error={answer.error} onAsk={onAsk} />
        ) : (
          <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
        )}
      </Card>
    );
  }
  return <Answered key={answer.data.hash} question={question} answer={answer.data} />;
}

/** What of a question was not understood, and what to ask instead. */
export function NotUnderstood({ error, onAsk }: { error: ApiError; onAsk: (question: string) => void }) {
  const suggestions = error.fields.filter((one) => one.field.startsWith("/suggestions/")).map((one) => one.detail);
  const reasons = error.fields.filter((one) => !one.field.startsWith("/suggestions/")).map((one) => one.detail);
  return (
    <div role="alert" className="flex gap-4 px-4 py-5 sm:px-5">
      <span className="bg-muted text-muted-foreground grid size-10 shrink-0 place-items-center rounded-xl border">
        <CircleHelp aria-hidden className="size-5" strokeWidth={1.75} />
      </span>
      <div className="min-w-0">
        <h2 className="text-sm font-semibold">This question was not understood</h2>
        <p className="text-muted-foreground mt-0.5 text-[0.8125rem] text-pretty break-words">
          <Words text={reasons.length > 0 ? reasons.join("; ") : error.detail} />
        </p>
        {suggestions.length > 0 ? (
          <>
            <p className="mt-4 text-xs font-medium">Ask instead</p>
            <Suggested questions={suggestions} onAsk={onAsk} className="mt-1.5" />
          </>
        ) : null}
      </div>
    </div>
  );
}

/** Questions to ask at a click. */
export function Suggested({ questions, onAsk, className }: { questions: readonly string[]; onAsk: (question: string) => void; className?: string }) {
  return (
    <ul className={cn("flex flex-wrap gap-2", className)}>
      {questions.map((question) => (
        <li key={question} className="min-w-0">
          <button
            type="button"
            onClick={() => onAsk(question)}
            className="focus-ring bg-card hover:bg-accent shadow-card max-w-full rounded-lg border px-3 py-1.5 text-left text-[0.8125rem] leading-5 text-pretty transition-colors"
          >
            {question}
          </button>
        </li>
      ))}
    </ul>
  );
}

const ORIGINS: Record<string, string> = {
  load: "its SQL was made ahead",
  grammar: "understood from its words",
  model: "its SQL was written by a language model",
};

/** An answer: what it says, its rows, how it was worked out, and whether it was right. */
export function Answered({ question, answer }: { question: string; answer: QuestionAnswer }) {
  return (
    <Card aria-label="Answer" className="overflow-hidden">
      <CardHeader className="border-b">
        <div className="min-w-0 py-0.5">
          <CardTitle className="text-pretty">{answer.title}</CardTitle>
          {answer.days ? (
            <p className="text-muted-foreground tabular text-xs">
              {rangeText(answer.days)}
              {answer.compared ? `, compared with ${rangeText(answer.compared)}` : ""} · {answer.time_zone}
            </p>
          ) : null}
        </div>
        <Verdict hash={answer.hash} question={question} />
      </CardHeader>
      <AnswerRows label={answer.title} chart={answer.chart} columns={answer.columns} rows={answer.rows} />
      <Working answer={answer} />
    </Card>
  );
}

function Working({ answer }: { answer: QuestionAnswer }) {
  const { site } = useScope();
  const now = useNow();
  const { cache } = answer;
  return (
    <details className="group border-t">
      <summary className="focus-ring hover:bg-muted/60 flex min-h-11 cursor-pointer list-none flex-wrap items-center gap-x-2 px-4 py-2 text-[0.8125rem] font-medium -outline-offset-2 transition-colors sm:px-5 [&::-webkit-details-marker]:hidden">
        <ChevronRight aria-hidden className="text-muted-foreground size-4 transition-transform group-open:rotate-90" />
        How this was worked out
        <span className="text-muted-foreground text-xs font-normal sm:ml-auto" title={`Worked out ${dateTime(cache.created_at, site.time_zone)}, kept until ${dateTime(cache.expires_at, site.time_zone)}`}>
          {cache.hit ? `Question known since ${ago(cache.created_at, now)}, asked ${plural(cache.hits, "time")}` : "New question"}; {ORIGINS[cache.origin] ?? cache.origin}
        </span>
      </summary>
      <div className="space-y-4 px-4 pt-1 pb-4 sm:px-5 sm:pb-5">
        {answer.definitions.length > 0 ? (
          <dl className="grid gap-x-8 gap-y-3 text-[0.8125rem] lg:grid-cols-2">
            {answer.definitions.map((one) => (
              <div key={one.id}>
                <dt className="font-medium">{one.label}</dt>
                <dd className="text-muted-foreground text-pretty">{one.description}</dd>
                <dd className="text-muted-foreground font-mono text-xs leading-5 break-words">{one.formula}</dd>
              </div>
            ))}
          </dl>
        ) : null}
        <CodeBlock label={`SQL, run on ${answer.engine === "d1" ? "D1" : "ClickHouse"}`} code={answer.sql} />
        <p className="text-muted-foreground text-xs text-pretty">
          The SQL is kept, never the figures: they are read anew each time. Its parameters are your tenant, the site and the days.
        </p>
      </div>
    </details>
  );
}

/** Longest comment the API takes, characters. */
const MOST_COMMENT = 1000;

function Verdict({ hash, question }: { hash: string; question: string }) {
  const { site } = useScope();
  const queryClient = useQueryClient();
  const [given, setGiven] = useState<"up" | "down" | null>(null);
  const [asking, setAsking] = useState(false);
  const [comment, setComment] = useState("");
  const judge = useMutation({
    mutationFn: (verdict: "up" | "down") => judgeAnswer(site.key, hash, verdict, verdict === "down" ? comment.trim() : ""),
    onSuccess: async (_, verdict) => {
      setGiven(verdict);
      setAsking(false);
      if (verdict === "up") {
        toast.success("Thank you");
        return;
      }
      toast.success("Thank you", { description: "The next time the question is understood anew." });
      await queryClient.invalidateQueries({ queryKey: answerQuery(site.key, question).queryKey, refetchType: "none" });
    },
    onError: tell,
  });
  return (
    <div role="group" aria-label="Was this right?" className="ml-auto flex items-center gap-1.5">
      <span className="text-muted-foreground hidden text-xs sm:inline">Was this right?</span>
      <Button
        variant="outline"
        size="icon-sm"
        aria-label="Yes, this answers it"
        aria-pressed={given === "up"}
        disabled={judge.isPending}
        className="aria-pressed:bg-accent-soft aria-pressed:text-link"
        onClick={() => judge.mutate("up")}
      >
        <ThumbsUp />
      </Button>
      <Popover open={asking} onOpenChange={setAsking}>
        <PopoverTrigger asChild>
          <Button variant="outline" size="icon-sm" aria-label="No, this is wrong" aria-pressed={given === "down"} disabled={judge.isPending} className="aria-pressed:bg-accent-soft aria-pressed:text-link">
            <ThumbsDown />
          </Button>
        </PopoverTrigger>
        <PopoverContent align="end" aria-label="What is wrong" className="w-[min(20rem,calc(100vw-1rem))]">
          <form
            className="space-y-3"
            onSubmit={(event) => {
              event.preventDefault();
              if (!judge.isPending) judge.mutate("down");
            }}
          >
            <Field label="What is wrong?" optional hint="It is kept with the question; the answer is not used again.">
              {(control) => <Textarea {...control} value={comment} maxLength={MOST_COMMENT} placeholder="It should count refunds, too" onChange={(event) => setComment(event.target.value)} />}
            </Field>
            <Button type="submit" size="sm" className="w-full" disabled={judge.isPending}>
              {judge.isPending ? <LoaderCircle className="animate-spin" /> : null} Send
            </Button>
          </form>
        </PopoverContent>
      </Popover>
    </div>
  );
}
