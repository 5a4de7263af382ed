import { useSuspenseQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";

import { meQuery, type Scope } from "@/api/queries";
import type { Me, Site } from "@/api/types";
import { type DayRange, type Preset, previousRange, resolveRange, today } from "@/lib/dates";

import { useNow } from "./use-now";

export interface AppScope {
  me: Me;
  site: Site;
  range: DayRange & { preset: Preset | null };
  compare: "previous" | "none";
  /** Ready to be passed to a query. */
  query: Scope;
  /** The same for the period before. */
  previous: Scope;
  /** The day it is on the site's calendar. */
  today: string;
}

const NO_SITE: Site = {
  key: "",
  name: "No site",
  currency: "EUR",
  time_zone: "UTC",
  origins: [],
  session_timeout_ms: 0,
  lookback_days: 30,
  snippet: "",
  collect_url: "",
};

/** Which site and which days the URL asks for, resolved against who is signed in. */
export function useScope(): AppScope {
  const me = useSuspenseQuery(meQuery).data;
  const search = useSearch({ from: "/app" });
  const site = me.sites.find((candidate) => candidate.key === search.site) ?? me.sites[0] ?? NO_SITE;
  const day = today(useNow(), site.time_zone);
  return useMemo(() => {
    const range = resolveRange(search, day);
    const before = previousRange(range);
    return {
      me,
      site,
      range,
      compare: search.compare ?? "previous",
      query: { site: site.key, from: range.from, to: range.to },
      previous: { site: site.key, from: before.from, to: before.to },
      today: day,
    };
  }, [me, site, search, day]);
}

/** Changes some search parameters of the current page; undefined takes one out of the URL. */
export function usePatchSearch(): (patch: Record<string, unknown>) => void {
  const navigate = useNavigate();
  return useCallback(
    (patch) => {
      void navigate({
        to: ".",
        search: ((previous: Record<string, unknown>) => ({ ...previous, ...patch })) as never,
        replace: true,
        resetScroll: false,
      });
    },
    [navigate],
  );
}
