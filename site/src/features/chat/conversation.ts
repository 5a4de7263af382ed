/**
 * What is kept of a conversation in the browser, and how it is read. It lives in the tab (`sessionStorage`), apart for
 * every person, tenant and site.
 */
import type { ChatMessage, ChatPart, ToolPart, Waiting } from "@/api/chat";

export interface Kept {
  id: string;
  messages: ChatMessage[];
  /** What was typed and not sent. */
  draft: string;
}

/** Longest conversation that is kept, characters; browsers give a page about five million. */
export const MOST_KEPT = 600_000;

export const keyOf = (tenant: string, person: string, site: string) => `adroit.chat ${tenant} ${person} ${site}`;

/** Runs are read anew by their id, so only that and how they stood is kept. */
function lean(part: ChatPart): ChatPart {
  const run = (value: unknown) => {
    const { id, agent, status } = (value ?? {}) as Record<string, unknown>;
    return { id: String(id ?? ""), agent: String(agent ?? ""), status: String(status ?? "") };
  };
  if (part.type === "data-run") return { ...part, data: run(part.data) };
  if (part.type === "dynamic-tool" && part.state === "output-available" && part.toolName === "agents_run") return { ...part, output: run(part.output) };
  return part;
}

/** The newest messages that fit, beginning with something a person said. */
export function fitting(messages: readonly ChatMessage[], most = MOST_KEPT): ChatMessage[] {
  const kept: ChatMessage[] = [];
  let size = 0;
  for (const message of [...messages].reverse()) {
    const one = { ...message, parts: message.parts.map(lean) };
    size += JSON.stringify(one).length;
    if (size > most) break;
    kept.unshift(one);
  }
  const first = kept.findIndex((message) => message.role === "user");
  return first < 0 ? [] : kept.slice(first);
}

const isMessage = (value: unknown): value is ChatMessage => {
  const message = value as Partial<ChatMessage> | null;
  return typeof message?.id === "string" && (message.role === "user" || message.role === "assistant") && Array.isArray(message.parts);
};

/** What was kept; nothing for what cannot be read. */
export function read(stored: string | null): Kept | null {
  try {
    const kept = JSON.parse(stored ?? "null") as Partial<Kept> | null;
    if (typeof kept?.id !== "string" || !Array.isArray(kept.messages) || !kept.messages.every(isMessage)) return null;
    return { id: kept.id, messages: kept.messages.map(settled), draft: typeof kept.draft === "string" ? kept.draft : "" };
  } catch {
    return null;
  }
}

/** A tool that was under way when the page was left has no answer to wait for; its run is found under its own id. */
function settled(message: ChatMessage): ChatMessage {
  const parts = message.parts.map((part): ChatPart => {
    if (part.type !== "dynamic-tool" || (part.state !== "input-available" && part.state !== "input-streaming")) return part;
    const { toolCallId, toolName, input } = part;
    return { type: "dynamic-tool", toolCallId, toolName, input, state: "output-error", errorText: LEFT };
  });
  return { ...message, parts };
}

/** Why a tool has no answer when the page was left, or its answer stopped, before there was one. */
export const LEFT = "The answer was stopped before it was there.";

export const textOf = (message: ChatMessage) =>
  message.parts
    .flatMap((part) => (part.type === "text" ? [part.text] : []))
    .join("\n")
    .trim();

/** What an assistant's message shows, in order. */
export type Block =
  | { kind: "text"; text: string }
  | { kind: "run"; id: string; agent: string; status: string }
  | { kind: "tool"; part: ToolPart; waiting: Waiting[]; problem: Problem | null };

type Problem = Extract<ChatPart, { type: "data-problem" }>["data"];

/**
 * A run and an answer say themselves what the text beside them says, so a text is shown only where there is no tool.
 */
export function blocksOf(message: ChatMessage): Block[] {
  const tools = message.parts.filter((part): part is ToolPart => part.type === "dynamic-tool");
  const data = <Type extends "data-run" | "data-waiting" | "data-problem">(type: Type, id: string) =>
    message.parts.find((part): part is Extract<ChatPart, { type: Type }> => part.type === type && "id" in part && part.id === id);
  if (tools.length === 0) {
    const text = textOf(message);
    return text ? [{ kind: "text", text }] : [];
  }
  return tools.map((part): Block => {
    const output = (part.state === "output-available" ? part.output : null) as { id?: unknown; agent?: unknown; status?: unknown } | null;
    const run = data("data-run", part.toolCallId)?.data ?? (part.toolName === "agents_run" && typeof output?.id === "string" ? output : null);
    if (run && typeof run.id === "string" && run.id) return { kind: "run", id: run.id, agent: String(run.agent ?? ""), status: String(run.status ?? "") };
    return { kind: "tool", part, waiting: data("data-waiting", part.toolCallId)?.data ?? [], problem: data("data-problem", part.toolCallId)?.data ?? null };
  });
}

/** What somebody who does not see the page is told of a message. */
export function spoken(message: ChatMessage | undefined, titleOf: (tool: string) => string): string {
  if (message?.role !== "assistant") return "";
  const said = message.parts.flatMap((part) => {
    if (part.type === "text") return [part.text];
    if (part.type !== "dynamic-tool") return [];
    if (part.state === "approval-requested") return [`${titleOf(part.toolName)}: this changes something and needs your permission. Allow and don't allow follow.`];
    if (part.state === "output-error") return [part.errorText];
    if (part.state === "output-denied") return ["Not allowed. Nothing was changed."];
    return [];
  });
  return said.join(" ").trim();
}
