/** The chat at `POST /chat`, by the AI SDK's transport. Imported by the chat's own chunk only. */
import { DefaultChatTransport, type DynamicToolUIPart, type UIMessage } from "ai";

import { toApiError, UNREACHABLE } from "./problem";

/** A person or a program waits for somebody's decision here. */
export interface Waiting {
  kind: string;
  id: string;
  title: string;
  url: string;
}

/** Data the server sends beside texts and tools. */
export type ChatData = {
  /** An agent's run as it was when it was looked at last. */
  run: { id: string; agent: string; status: string };
  /** What waits for a person's decision. */
  waiting: Waiting[];
  /** Why a tool could not do it, as the API says it (RFC 9457). */
  problem: { status: number; title?: string; detail?: string; errors?: { field: string; detail: string }[] };
};

export type ChatMessage = UIMessage<unknown, ChatData>;
export type ChatPart = ChatMessage["parts"][number];
export type ToolPart = DynamicToolUIPart;

/** Most messages that are sent along: what follows a question names it. */
const SENT = 12;

/**
 * What the server needs of a conversation: what was said, what is decided about, and which questions were answered. Rows
 * and runs stay here.
 */
export function toSend(messages: readonly ChatMessage[]): ChatMessage[] {
  return messages.slice(-SENT).map((message) => ({
    ...message,
    parts: message.parts.flatMap((part): ChatPart[] => {
      if (part.type === "text" || part.type === "step-start") return [part];
      if (part.type !== "dynamic-tool") return [];
      if (part.state !== "output-available") return [part];
      const question = (part.output as { question?: unknown } | null)?.question;
      return [{ ...part, output: part.toolName === "query_ask" && typeof question === "string" ? { question } : {} }];
    }),
  }));
}

async function call(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(input, init);
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw UNREACHABLE;
  }
  if (response.ok) return response;
  const text = await response.text();
  let body: unknown = text;
  try {
    body = JSON.parse(text);
  } catch {
    // Not JSON: a proxy's own page, told as it is.
  }
  throw toApiError(response.status, body);
}

/** The way to the server; a failure is thrown as an `ApiError`. */
export const chatTransport = (site: string) =>
  new DefaultChatTransport<ChatMessage>({
    api: "/chat",
    credentials: "same-origin",
    fetch: call as typeof fetch,
    prepareSendMessagesRequest: ({ id, messages, trigger }) => ({ body: { id, trigger, site, messages: toSend(messages) } }),
  });
