import { useCallback, useEffect, useState } from "react";

import { followLive, type LiveState } from "@/api/live";
import type { LiveActive, LiveHit } from "@/api/types";

/** Most hits kept, newest first. */
const KEEP = 200;

export interface LiveFeed {
  state: LiveState;
  hits: LiveHit[];
  active: LiveActive | null;
  /** Hits the stream began with, once they are all here: everything else happened while we watched. */
  known: ReadonlySet<string> | null;
  /** Connects anew at once, instead of when it is due. */
  again: () => void;
}

const START: Omit<LiveFeed, "again"> = { state: "connecting", hits: [], active: null, known: null };

/** The opening hits come in one go; after this long, ms, they are here. */
const OPENING = 1200;

/** The live stream of a site while the component is on the page. A repeated hit (after a reconnect) is shown once. */
export function useLive(site: string): LiveFeed {
  const [feed, setFeed] = useState<{ site: string; feed: typeof START }>({ site, feed: START });
  const [attempt, setAttempt] = useState(0);
  const again = useCallback(() => setAttempt((current) => current + 1), []);
  useEffect(() => {
    const update = (change: (feed: typeof START) => typeof START) =>
      setFeed((current) => ({ site, feed: change(current.site === site ? current.feed : START) }));
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = followLive(site, {
      onState: (state) => {
        update((current) => ({ ...current, state }));
        if (state === "live") {
          timer ??= setTimeout(
            () => update((current) => ({ ...current, known: current.known ?? new Set(current.hits.map((hit) => hit.id)) })),
            OPENING,
          );
        }
      },
      onActive: (active) => update((current) => ({ ...current, active })),
      onHit: (hit) =>
        update((current) =>
          current.hits.some((known) => known.id === hit.id)
            ? current
            : { ...current, hits: [hit, ...current.hits].slice(0, KEEP) },
        ),
    });
    return () => {
      clearTimeout(timer);
      stop();
    };
  }, [site, attempt]);
  return { ...(feed.site === site ? feed.feed : START), again };
}
