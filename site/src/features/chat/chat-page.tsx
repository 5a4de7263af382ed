import { useChat } from "@ai-sdk/react";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter, useSearch } from "@tanstack/react-router";
import { lastAssistantMessageIsCompleteWithApprovalResponses } from "ai";
import { ArrowDown, Bot, MessageSquarePlus } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { toast } from "sonner";

import { agentsQuery } from "@/api/agents";
import { campaignsQuery } from "@/api/campaigns";
import { type ChatMessage, chatTransport } from "@/api/chat";
import { ApiError, describe } from "@/api/problem";
import { type QuestionAnswer, suggestionsQuery } from "@/api/questions";
import { toolsQuery } from "@/api/tools";
import { Page } from "@/components/layout/page";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Suggested } from "@/features/ask/answer-card";
import { useMetrics } from "@/hooks/use-metrics";
import { useScope } from "@/hooks/use-scope";

import { type Command, commandsOf, startOf } from "./commands";
import { Composer } from "./composer";
import { fitting, keyOf, type Kept, read, spoken, textOf } from "./conversation";
import { followUps } from "./follow-ups";
import { Message } from "./messages";
import { Failure, UnderWay } from "./tool-block";
import { useStickToEnd } from "./use-stick-to-end";

/** Questions that are suggested to begin with. */
const SUGGESTED = 4;
/** Pause before what was said is kept, ms: an answer arrives in pieces. */
const KEEP_AFTER = 250;

const fresh = (): Kept => ({ id: crypto.randomUUID(), messages: [], draft: "" });

function stored(key: string): Kept {
  try {
    return read(sessionStorage.getItem(key)) ?? fresh();
  } catch {
    return fresh();
  }
}

function keep(key: string, kept: Kept): void {
  try {
    if (kept.messages.length === 0 && !kept.draft) sessionStorage.removeItem(key);
    else sessionStorage.setItem(key, JSON.stringify({ ...kept, messages: fitting(kept.messages) }));
  } catch {
    // No storage, or no room left: the conversation lasts as long as the page.
  }
}

export function ChatPage() {
  const { me, site } = useScope();
  const key = keyOf(me.tenant.id, me.user.id, site.key);
  const [generation, setGeneration] = useState(0);
  const start = useMemo(
    () => ({ kept: stored(key), generation }),
    [key, generation],
  );
  const anew = (now: Kept) => {
    keep(key, fresh());
    setGeneration((current) => current + 1);
    toast("A new conversation", {
      description: "The one before is gone.",
      action: {
        label: "Undo",
        onClick: () => {
          keep(key, now);
          setGeneration((current) => current + 1);
        },
      },
    });
  };
  return <Conversation key={`${key} ${start.generation}`} storageKey={key} start={start.kept} onAnew={anew} />;
}

function Conversation({ storageKey, start, onAnew }: { storageKey: string; start: Kept; onAnew: (now: Kept) => void }) {
  const { me, site } = useScope();
  const { q } = useSearch({ from: "/app/chat" });
  const navigate = useNavigate();
  const router = useRouter();
  const queryClient = useQueryClient();
  const agents = useQuery(agentsQuery);
  const tools = useQuery(toolsQuery);
  const [draft, setDraft] = useState(q ?? start.draft);
  const field = useRef<HTMLTextAreaElement>(null);

  const transport = useMemo(() => chatTransport(site.key), [site.key]);
  const chat = useChat<ChatMessage>({
    id: start.id,
    messages: start.messages,
    transport,
    generateId: () => crypto.randomUUID(),
    sendAutomaticallyWhen: lastAssistantMessageIsCompleteWithApprovalResponses,
    onError: (error) => {
      // The session has ended: back to the sign-in, and here again afterwards.
      if (!(error instanceof ApiError) || error.status !== 401) return;
      queryClient.removeQueries({ queryKey: ["me"] });
      void router.invalidate();
    },
  });
  const { messages, status, error, sendMessage, regenerate, addToolApprovalResponse, stop } = chat;
  const busy = status === "submitted" || status === "streaming";
  const { content, away, toEnd } = useStickToEnd(busy);

  const commands = useMemo(() => commandsOf(agents.data?.rows ?? [], tools.data ?? [], me.permissions), [agents.data, tools.data, me.permissions]);
  const needsCampaign = /campaign_id=/.test(draft);
  const campaigns = useQuery({ ...campaignsQuery(site.key), enabled: needsCampaign && me.permissions.includes("read_campaigns") });
  const values = useCallback((input: string) => (input === "campaign_id" ? (campaigns.data?.rows ?? []).map((row) => ({ value: row.id, label: row.name })) : []), [campaigns.data]);

  // What stands in the address is put into the line once, never sent: a link must not say anything for anybody.
  useEffect(() => {
    if (q !== undefined) void navigate({ to: ".", search: ((before: Record<string, unknown>) => ({ ...before, q: undefined })) as never, replace: true });
  }, [q, navigate]);

  const latest = useRef<Kept>(start);
  useEffect(() => {
    latest.current = { id: start.id, messages, draft };
    const timer = setTimeout(() => keep(storageKey, latest.current), KEEP_AFTER);
    return () => clearTimeout(timer);
  }, [storageKey, start.id, messages, draft]);
  useEffect(() => {
    const now = () => keep(storageKey, latest.current);
    window.addEventListener("pagehide", now);
    return () => window.removeEventListener("pagehide", now);
  }, [storageKey]);
  const halt = useRef(stop);
  useEffect(() => {
    halt.current = stop;
  }, [stop]);
  useEffect(() => () => void halt.current(), []);

  // Where the conversation was left, and ready to type on a machine with a keyboard.
  useEffect(() => {
    if (start.messages.length > 0) requestAnimationFrame(toEnd);
    if (window.matchMedia("(pointer: fine)").matches) field.current?.focus({ preventScroll: true });
  }, [start, toEnd]);

  const say = useCallback(
    (text: string) => {
      setDraft("");
      void sendMessage({ text });
      requestAnimationFrame(toEnd);
    },
    [sendMessage, toEnd],
  );
  const decide = useCallback(
    (approval: string, approved: boolean) => {
      void addToolApprovalResponse({ id: approval, approved });
      field.current?.focus({ preventScroll: true });
    },
    [addToolApprovalResponse],
  );
  const again = useCallback(() => {
    void regenerate();
    requestAnimationFrame(toEnd);
  }, [regenerate, toEnd]);

  const last = messages.at(-1);
  const waiting = busy && (last?.role !== "assistant" || last.parts.every((part) => part.type === "step-start"));
  const failed = status === "error" && error ? describe(error) : null;
  const titleOf = (name: string) => tools.data?.find((tool) => tool.name === name)?.title ?? name;
  const announced = failed ? `${failed.title}. ${failed.detail}` : busy ? (waiting ? "Working on it" : "") : spoken(last, titleOf);
  const clear = () => onAnew({ id: start.id, messages, draft });

  return (
    <Page
      narrow
      title="Assistant"
      description="Ask for figures in words, run an agent, or use a tool."
      actions={
        messages.length > 0 ? (
          <Button variant="outline" onClick={clear}>
            <MessageSquarePlus /> New conversation
          </Button>
        ) : null
      }
    >
      <div className="-mb-5 flex min-h-[calc(100svh-10.25rem)] flex-col lg:-mb-7">
        <div ref={content} className="flex-1 pb-4">
          {messages.length === 0 ? (
            <Beginning commands={commands} pending={agents.isPending || tools.isPending} failed={agents.error ?? tools.error} onAgain={() => void Promise.all([agents.refetch(), tools.refetch()])} onSay={say} onDraft={(text) => {
              setDraft(text);
              field.current?.focus();
            }} />
          ) : (
            <ol aria-label="Conversation" className="space-y-6">
              {messages.map((message) => (
                <Message
                  key={message.id}
                  message={message}
                  last={message === last}
                  busy={busy && message === last}
                  onSay={say}
                  onDecide={decide}
                  onAgain={message === last && !busy ? again : undefined}
                />
              ))}
              {waiting ? (
                <li>
                  <UnderWay tool={isQuestion(messages) ? "query_ask" : ""} title="Working on it" />
                </li>
              ) : null}
              {failed ? (
                <li>
                  <Failure title={failed.title} words={failed.detail} onAgain={again} />
                </li>
              ) : null}
            </ol>
          )}
          {!busy && !failed ? <Next message={last} onSay={say} /> : null}
        </div>
        <div className="from-background via-background sticky bottom-0 z-10 -mx-4 bg-linear-to-t via-80% to-transparent px-4 pt-6 pb-2 sm:mx-0 sm:px-0 sm:pb-3">
          {away ? (
            <Button variant="outline" size="icon" aria-label="To the latest" onClick={toEnd} className="bg-card absolute -top-4 left-1/2 z-10 -translate-x-1/2 rounded-full">
              <ArrowDown />
            </Button>
          ) : null}
          <Composer field={field} text={draft} onText={setDraft} commands={commands} values={values} busy={busy} onSend={say} onStop={() => void stop()} />
        </div>
      </div>
      <p role="status" aria-live="polite" className="sr-only">
        {announced}
      </p>
    </Page>
  );
}

/** Whether what was said last is a question in words. */
function isQuestion(messages: readonly ChatMessage[]): boolean {
  const said = messages.findLast((message) => message.role === "user");
  return said !== undefined && !textOf(said).startsWith("/");
}

/** What can be asked next of the last answer. */
function Next({ message, onSay }: { message: ChatMessage | undefined; onSay: (text: string) => void }) {
  const { all, get } = useMetrics();
  const part = message?.role === "assistant" ? message.parts.findLast((one) => one.type === "dynamic-tool") : undefined;
  if (all.length === 0 || part?.type !== "dynamic-tool" || part.toolName !== "query_ask" || part.state !== "output-available") return null;
  const answer = part.output as QuestionAnswer;
  if (!Array.isArray(answer?.columns) || !Array.isArray(answer.rows)) return null;
  const questions = followUps(answer, (metric) => get(metric).dimensions);
  return questions.length > 0 ? <Suggested questions={questions} onAsk={onSay} className="mt-3" /> : null;
}

/** Nothing was said yet: what can be. */
function Beginning({ commands, pending, failed, onAgain, onSay, onDraft }: { commands: readonly Command[]; pending: boolean; failed: Error | null; onAgain: () => void; onSay: (text: string) => void; onDraft: (text: string) => void }) {
  const { site } = useScope();
  const suggestions = useQuery(suggestionsQuery(site.key));
  const questions = (suggestions.data?.rows ?? []).slice(0, SUGGESTED).map((row) => row.question);
  const agents = commands.filter((command) => command.kind === "agent");
  if (failed) {
    return (
      <Card>
        <ErrorState error={failed} onRetry={onAgain} />
      </Card>
    );
  }
  return (
    <div className="space-y-7 pt-2">
      <section aria-labelledby="chat-questions" aria-busy={suggestions.isPending}>
        <h2 id="chat-questions" className="text-[0.8125rem] font-medium">
          Ask about {site.name}
        </h2>
        {suggestions.isPending ? (
          <div className="mt-2.5 flex flex-wrap gap-2">
            {[17, 22, 14].map((width) => (
              <Skeleton key={width} className="h-8 max-w-full rounded-lg" style={{ width: `${width}rem` }} />
            ))}
          </div>
        ) : questions.length > 0 ? (
          <Suggested questions={questions} onAsk={onSay} className="mt-2.5" />
        ) : (
          <p className="text-muted-foreground mt-1 text-[0.8125rem]">Type a question below, such as “Revenue by channel last month”.</p>
        )}
      </section>
      {pending || agents.length > 0 ? (
        <section aria-labelledby="chat-agents" aria-busy={pending}>
          <h2 id="chat-agents" className="text-[0.8125rem] font-medium">
            Or let an agent do it
          </h2>
          <ul className="mt-2.5 grid gap-2.5 sm:grid-cols-2">
            {pending
              ? [0, 1, 2, 3].map((one) => (
                  <li key={one}>
                    <Skeleton className="h-20 rounded-xl" />
                  </li>
                ))
              : agents.map((command) => {
                  const { text, ready } = startOf(command);
                  return (
                    <li key={command.name} className="flex">
                      <button
                        type="button"
                        onClick={() => (ready ? onSay(text) : onDraft(text))}
                        className="focus-ring bg-card hover:bg-accent shadow-card flex flex-1 flex-col rounded-xl border px-3.5 py-3 text-left transition-colors"
                      >
                        <span className="flex w-full items-center gap-2 text-[0.8125rem] font-medium">
                          <Bot aria-hidden className="text-link size-4 shrink-0" /> {command.title}
                          <code className="text-muted-foreground ml-auto hidden font-mono text-2xs sm:inline">/{command.name}</code>
                        </span>
                        <span className="text-muted-foreground mt-1 line-clamp-2 text-xs leading-4.5 text-pretty">{command.about}</span>
                      </button>
                    </li>
                  );
                })}
          </ul>
        </section>
      ) : null}
    </div>
  );
}
