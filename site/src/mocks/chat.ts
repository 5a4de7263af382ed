/**
 * The chat over the invented shop: the AI SDK's stream around what the other mocks answer. A question is asked, a run is
 * followed until it is over, a tool that changes something asks first.
 */
import document from "@/api/openapi.json?raw";
import { toolsOf } from "@/api/tools";

import type { LoopAsked } from "./loop";

type Call = (request: Request) => Promise<Response | null>;
type Chunk = Record<string, unknown>;

interface Part {
  type: string;
  text?: string;
  state?: string;
  toolCallId?: string;
  approval?: { approved: boolean };
  input?: Record<string, string>;
  toolName?: string;
}

const tools = toolsOf(JSON.parse(document));
const operations = Object.entries((JSON.parse(document) as { paths: Record<string, Record<string, { "x-tool"?: { name: string } }>> }).paths);

export function chatRoutes(call: Call): [string, RegExp, (asked: LoopAsked, request: Request) => Response | Promise<Response>][] {
  return [
    ["GET", /^\/openapi\.json$/, () => new Response(document, { headers: { "Content-Type": "application/json" } })],
    [
      "POST",
      /^\/chat$/,
      async (_, request) => {
        const { messages } = (await request.json()) as { messages: { id: string; role: string; parts: Part[] }[] };
        const chunks = tell(messages, (method, path, body) => inside(call, request, method, path, body));
        const encoder = new TextEncoder();
        const stream = new ReadableStream({
          async start(out) {
            for await (const chunk of chunks) {
              if (request.signal.aborted) break;
              out.enqueue(encoder.encode(`data: ${JSON.stringify(chunk)}\n\n`));
            }
            out.enqueue(encoder.encode("data: [DONE]\n\n"));
            out.close();
          },
        });
        return new Response(stream, { headers: { "Content-Type": "text/event-stream", "x-vercel-ai-ui-message-stream": "v1" } });
      },
    ],
  ];
}

async function inside(call: Call, request: Request, method: string, path: string, body?: unknown): Promise<{ failed: boolean; body: Record<string, unknown> }> {
  const answer = await call(
    new Request(new URL(path, request.url), { method, headers: { cookie: request.headers.get("cookie") ?? "" }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) }),
  );
  const text = (await answer?.text()) ?? "";
  return { failed: !answer?.ok, body: text ? (JSON.parse(text) as Record<string, unknown>) : {} };
}

async function* tell(messages: { id: string; role: string; parts: Part[] }[], ask: (method: string, path: string, body?: unknown) => ReturnType<typeof inside>): AsyncGenerator<Chunk> {
  const last = messages.at(-1);
  const decided = last?.parts.find((part) => part.state === "approval-responded");
  const text = (messages.findLast((message) => message.role === "user")?.parts.map((part) => part.text ?? "") ?? []).join("\n").trim();
  const id = decided?.toolCallId ?? crypto.randomUUID();
  const say = (words: string): Chunk[] => [{ type: "text-start", id: "text-1" }, { type: "text-delta", id: "text-1", delta: words }, { type: "text-end", id: "text-1" }];
  const began = (toolName: string, input: unknown): Chunk[] => [
    { type: "tool-input-start", toolCallId: id, toolName, dynamic: true },
    { type: "tool-input-available", toolCallId: id, toolName, input, dynamic: true },
  ];
  const ended = (output: unknown): Chunk => ({ type: "tool-output-available", toolCallId: id, output, dynamic: true });
  const failed = (body: Record<string, unknown>): Chunk[] => [
    { type: "data-problem", id, data: body },
    { type: "tool-output-error", toolCallId: id, errorText: String(body.detail ?? "It failed."), dynamic: true },
  ];
  yield { type: "start", messageId: decided && last ? last.id : crypto.randomUUID() };
  yield { type: "start-step" };
  const [command = "", ...words] = text.startsWith("/") ? text.slice(1).split(/\s+/) : [];
  const given = Object.fromEntries(words.filter((word) => word.includes("=")).map((word) => word.split(/=(.*)/s).slice(0, 2) as [string, string]));
  if (decided) {
    if (decided.approval?.approved !== true) yield { type: "tool-output-denied", toolCallId: id };
    else yield* done(String(decided.toolName), decided.input ?? {});
  } else if (!text.startsWith("/")) {
    const answer = await ask("POST", "/query/ask", { question: text });
    yield* began("query_ask", { question: text });
    if (answer.failed) yield* failed(answer.body);
    else yield* [ended(answer.body), ...say(`${String(answer.body.title)}.`)];
  } else if (command === "run") {
    yield* began("agents_run", { agent: words[0], context: given });
    const run = await ask("POST", "/agents/run", { agent: words[0], context: given });
    for (;;) {
      const now = await ask("GET", `/agents/runs/${String(run.body.id)}`);
      yield { type: "data-run", id, data: now.body };
      if (now.body.ended_at != null) {
        yield* [ended(now.body), ...say("The run is over.")];
        break;
      }
      await new Promise((resolve) => setTimeout(resolve, 400));
    }
  } else {
    const tool = tools.find((one) => one.name === command);
    if (!tool) yield* say(`There is no tool called ${command}. You can say: a question about the shop's figures; /run followed by an agent's name; / followed by a tool's name and its arguments.`);
    else if (tool.effect !== "read") yield* [...began(command, given), { type: "tool-approval-request", toolCallId: id, approvalId: `sealed ${id}` }];
    else yield* [...began(command, given), ...(await collect(done(command, given)))];
  }
  yield { type: "finish-step" };
  yield { type: "finish", finishReason: "stop" };

  async function* done(name: string, input: Record<string, string>): AsyncGenerator<Chunk> {
    const at = operations.flatMap(([path, methods]) => Object.entries(methods).flatMap(([method, operation]) => (operation["x-tool"]?.name === name ? [{ path, method }] : [])))[0];
    const path = (at?.path ?? "/").replace(/\{(\w+)\}/g, (_, key: string) => input[key] ?? "");
    const method = (at?.method ?? "get").toUpperCase();
    const answer = await ask(method, method === "GET" ? `${path}?${new URLSearchParams(input)}` : path, method === "GET" ? undefined : input);
    if (answer.failed) yield* failed(answer.body);
    else yield* [ended(answer.body), ...say(`${tools.find((one) => one.name === name)?.title ?? name}: done.`)];
  }
}

async function collect(chunks: AsyncGenerator<Chunk>): Promise<Chunk[]> {
  const all: Chunk[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return all;
}
