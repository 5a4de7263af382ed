import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { ArrowUp } from "lucide-react";
import { type FormEvent, useId, useState } from "react";

import { answerQuery, suggestionsQuery } from "@/api/questions";
import { Page } from "@/components/layout/page";
import { Button } from "@/components/ui/button";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { usePatchSearch, useScope } from "@/hooks/use-scope";

import { AnswerCard, Suggested } from "./answer-card";
import { KeyFigures } from "./key-figures";
import { SqlView } from "./sql-view";

const TABS = [
  { value: "words", label: "Words" },
  { value: "sql", label: "SQL" },
] as const;

/** Longest question the API takes, characters. */
const MAX_QUESTION = 500;

/** Suggestions in sight below the box. */
const SUGGESTED = 6;

export function AskPage() {
  const { tab = "words" } = useSearch({ from: "/app/ask" });
  const patch = usePatchSearch();
  return (
    <Page
      title="Ask"
      description="Your figures, asked for in words or in SQL. Days that are not named are the last 30."
      actions={<Segmented label="How to ask" value={tab} onChange={(next) => patch({ tab: next === "words" ? undefined : next })} segments={TABS} />}
    >
      {tab === "sql" ? <SqlView /> : <InWords />}
    </Page>
  );
}

function InWords() {
  const { site } = useScope();
  const { q } = useSearch({ from: "/app/ask" });
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const ask = (question: string) => {
    const asked = question.trim();
    if (!asked) return;
    // The same question again is asked again; another one is a step in the history.
    if (asked === q) void queryClient.refetchQueries({ queryKey: answerQuery(site.key, asked).queryKey });
    else void navigate({ to: ".", search: ((previous: Record<string, unknown>) => ({ ...previous, q: asked })) as never, resetScroll: false });
  };
  return (
    <>
      <KeyFigures first={q ? 4 : 8} onAsk={ask} />
      <QuestionBox key={q ?? ""} question={q ?? ""} onAsk={ask} />
      {q ? <AnswerCard question={q} onAsk={ask} /> : null}
    </>
  );
}

function QuestionBox({ question, onAsk }: { question: string; onAsk: (question: string) => void }) {
  const { site } = useScope();
  const id = useId();
  const [typed, setTyped] = useState(question);
  const suggestions = useQuery(suggestionsQuery(site.key));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onAsk(typed);
  };
  const wanted = typed.trim().toLowerCase();
  const all = suggestions.data?.rows.map((row) => row.question) ?? [];
  const fitting = wanted && typed !== question ? all.filter((one) => one.toLowerCase().includes(wanted)) : [];
  // Below a question that was asked, its answer is what matters.
  const shown = (fitting.length > 0 ? fitting : question ? [] : all).slice(0, SUGGESTED);
  return (
    <section aria-label="Question">
      <form onSubmit={submit} className="bg-card shadow-card focus-within:border-ring focus-within:ring-ring/25 flex items-center gap-2 rounded-xl border py-2 pr-2 pl-4 transition-[border-color,box-shadow] focus-within:ring-3">
        <label htmlFor={id} className="sr-only">
          Your question
        </label>
        <input
          id={id}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          maxLength={MAX_QUESTION}
          autoComplete="off"
          enterKeyHint="search"
          placeholder="Revenue by channel last month, compared with the month before"
          className="placeholder:text-muted-foreground/80 h-9 min-w-0 flex-1 bg-transparent text-base text-ellipsis outline-none sm:text-sm"
        />
        <Button type="submit" size="icon" aria-label="Ask" disabled={!wanted}>
          <ArrowUp />
        </Button>
      </form>
      {suggestions.isPending && !question ? (
        <div className="mt-3 flex flex-wrap gap-2">
          {[17, 22, 14].map((width) => (
            <Skeleton key={width} className="h-8 max-w-full rounded-lg" style={{ width: `${width}rem` }} />
          ))}
        </div>
      ) : shown.length > 0 ? (
        <Suggested questions={shown} onAsk={onAsk} className="mt-3" />
      ) : null}
    </section>
  );
}
