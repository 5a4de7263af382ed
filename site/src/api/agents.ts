/** Agents, their runs with the live stream of one, and what they propose. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

type Schemas = components["schemas"];
export type Agent = Schemas["Agent"];
export type Run = Schemas["Run"];
export type RunDetail = Schemas["RunDetail"];
export type RunEvent = Schemas["RunEvent"];
export type Proposal = Schemas["Proposal"];

export const unfinished = (run: Pick<Run, "status"> | undefined) => run?.status === "queued" || run?.status === "running";

export const agentsQuery = queryOptions({
  queryKey: ["agents"],
  queryFn: ({ signal }) => unwrap(client.GET("/agents", { signal })),
  staleTime: 60 * 60_000,
});

export interface RunFilter {
  agent?: string | undefined;
  status?: string | undefined;
  campaign_id?: string | undefined;
}

/** Most runs asked for at once. */
export const MOST_RUNS = 100;

export const agentRunsQuery = (filter: RunFilter) =>
  queryOptions({
    queryKey: ["runs", filter],
    queryFn: ({ signal }) => unwrap(client.GET("/agents/runs", { params: { query: { ...filter, limit: MOST_RUNS } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.rows.some(unfinished) ? 2000 : 30_000),
  });

/** A run; while it goes on the stream tells what happens, this only makes sure that its end is not missed. */
export const agentRunQuery = (id: string) =>
  queryOptions({
    queryKey: ["run", id],
    queryFn: ({ signal }) => unwrap(client.GET("/agents/runs/{id}", { params: { path: { id } }, signal })),
    refetchInterval: (query) => (unfinished(query.state.data) ? 5000 : false),
  });

export const proposalsQuery = (status: "open" | "accepted" | "dismissed") =>
  queryOptions({
    queryKey: ["proposals", status],
    queryFn: ({ signal }) => unwrap(client.GET("/agents/proposals", { params: { query: { status, limit: 50 } }, signal })),
    refetchInterval: 30_000,
  });

export const runAgent = (body: { agent: string; context: Record<string, unknown> }, key: string) =>
  unwrap(client.POST("/agents/run", { body, headers: { "Idempotency-Key": key } }));
export const cancelRun = (id: string) => unwrap(client.POST("/agents/runs/{id}/cancel", { params: { path: { id } } }));
export const acceptProposal = (id: string) => unwrap(client.POST("/agents/proposals/{id}/accept", { params: { path: { id } } }));
export const dismissProposal = (id: string) => unwrap(client.POST("/agents/proposals/{id}/dismiss", { params: { path: { id } } }));

/** What a run's stream may send; the last three end it. */
const TYPES = ["started", "need", "data", "model_call", "text_delta", "model_answer", "guard", "retry", "proposal", "acted", "succeeded", "failed", "cancelled"] as const;
const ENDS: readonly string[] = ["succeeded", "failed", "cancelled"];

/** Longest pause between two attempts, ms. */
const MAX_WAIT = 15_000;

/**
 * Follows `GET /agents/runs/{id}/stream` from its beginning until the run has ended. After a dropped connection it goes
 * on behind the last event seen; after an error status too, which the browser by itself would not.
 */
export function followRun(id: string, onEvent: (event: RunEvent) => void, onEnd: () => void): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let last = 0;
  let closed = false;
  const close = () => {
    closed = true;
    clearTimeout(timer);
    source?.close();
  };
  const open = () => {
    source = new EventSource(`/agents/runs/${encodeURIComponent(id)}/stream?after=${last}`);
    source.onopen = () => {
      failures = 0;
    };
    for (const type of TYPES) {
      source.addEventListener(type, (message) => {
        const number = Number(message.lastEventId);
        let data: Record<string, unknown>;
        try {
          data = JSON.parse(String(message.data)) as Record<string, unknown>;
        } catch {
          return;
        }
        if (closed || !Number.isInteger(number) || number <= last) return;
        last = number;
        onEvent({ number, type, data, at: Date.now() });
        if (ENDS.includes(type)) {
          close();
          onEnd();
        }
      });
    }
    source.onerror = () => {
      if (closed || source?.readyState !== EventSource.CLOSED) return;
      failures += 1;
      timer = setTimeout(open, Math.min(MAX_WAIT, 500 * 2 ** failures));
    };
  };
  open();
  return close;
}
