/** Messages that failed for good: one run of an agent that waits. */
import type { DeadLetter } from "@/api/dead-letters";

import type { LoopAsked } from "./loop";

type Handler = (asked: LoopAsked, request: Request) => Response;

const json = (body: unknown, status = 200) => new Response(status === 204 ? null : JSON.stringify(body), { status, headers: { "Content-Type": status >= 400 ? "application/problem+json" : "application/json" } });

const letters: DeadLetter[] = [
  { id: "dl-1", queue: "agent-runs", message: { run_id: "run-7" }, reason: "The model at `https://models.test/v1` did not answer five times in a row (503).", attempts: 5, failed_at: Date.now() - 20 * 3_600_000, status: "open", decided_by: "", decided_at: null },
  { id: "dl-2", queue: "agent-runs", message: { run_id: "run-1" }, reason: "The warehouse did not answer within 30 seconds.", attempts: 5, failed_at: Date.now() - 27 * 3_600_000, status: "replayed", decided_by: "u1", decided_at: Date.now() - 26.5 * 3_600_000 },
];

export const deadLetterRoutes: [string, RegExp, Handler][] = [
  ["GET", /^\/dead-letters$/, (asked) => json({ rows: asked.empty ? [] : letters.filter((one) => one.status === (asked.query.get("status") ?? "open")) })],
  [
    "POST",
    /^\/dead-letters\/[^/]+\/(replay|dismiss)$/,
    (asked) => {
      const [, , id, verb] = asked.path.split("/");
      const one = letters.find((row) => row.id === id);
      if (one?.status !== "open") return json({ type: "about:blank", title: "Conflict", status: 409, detail: "This dead letter is settled already." }, 409);
      Object.assign(one, { status: verb === "replay" ? "replayed" : "dismissed", decided_by: "u1", decided_at: Date.now() });
      return json(null, verb === "replay" ? 202 : 204);
    },
  ],
];
