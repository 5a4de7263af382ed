import type { LiveState } from "@/api/live";
import { cn } from "@/lib/cn";

const WORDS: Record<LiveState, string> = { connecting: "Connecting…", live: "Live", reconnecting: "Connection lost, trying again…" };

/** Whether the stream is flowing. */
export function LiveIndicator({ state, paused = false }: { state: LiveState; paused?: boolean }) {
  const tone = paused ? "bg-muted-foreground" : state === "live" ? "bg-positive" : "bg-warning";
  return (
    <span role="status" className="inline-flex items-center gap-2 text-[0.8125rem] font-medium">
      <span aria-hidden className="relative flex size-2">
        {state === "live" && !paused ? <span className={cn("absolute inset-0 rounded-full opacity-60 motion-safe:animate-ping", tone)} /> : null}
        <span className={cn("relative size-2 rounded-full", tone)} />
      </span>
      {paused ? "Paused" : WORDS[state]}
    </span>
  );
}
