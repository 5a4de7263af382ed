import type { LiveActive, LiveHit } from "./types";

export type LiveState = "connecting" | "live" | "reconnecting";

export interface LiveListener {
  onHit(hit: LiveHit): void;
  onActive(active: LiveActive): void;
  onState(state: LiveState): void;
}

/** A gap shorter than this, ms, is not worth telling: the server itself ends a stream now and then. */
const SILENT = 2500;
/** Longest pause between two attempts, ms. */
const MAX_WAIT = 15_000;

/**
 * Follows `GET /analytics/live`. The browser reconnects by itself after a dropped connection, but gives up for good
 * on an error status; this starts over in that case too, ever more slowly.
 */
export function followLive(site: string, listener: LiveListener): () => void {
  let source: EventSource | null = null;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let failures = 0;
  let closed = false;

  let alarm: ReturnType<typeof setTimeout> | undefined;

  const open = () => {
    source = new EventSource(`/analytics/live?site=${encodeURIComponent(site)}`);
    source.onopen = () => {
      failures = 0;
      clearTimeout(alarm);
      alarm = undefined;
      listener.onState("live");
    };
    source.addEventListener("hit", (message) => {
      const hit = parse<LiveHit>(message.data);
      if (hit) listener.onHit(hit);
    });
    source.addEventListener("active", (message) => {
      const active = parse<LiveActive>(message.data);
      if (active) listener.onActive(active);
    });
    source.onerror = () => {
      if (closed) return;
      alarm ??= setTimeout(() => listener.onState("reconnecting"), SILENT);
      if (source?.readyState === EventSource.CLOSED) {
        failures += 1;
        timer = setTimeout(open, Math.min(MAX_WAIT, 500 * 2 ** failures));
      }
    };
  };

  listener.onState("connecting");
  open();
  return () => {
    closed = true;
    clearTimeout(timer);
    clearTimeout(alarm);
    source?.close();
  };
}

function parse<T>(data: unknown): T | null {
  try {
    return JSON.parse(String(data)) as T;
  } catch {
    return null;
  }
}
