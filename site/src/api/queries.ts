/** Every read of the API as TanStack Query options, and the few writes. Keys start with the route they read. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { Query } from "./types";

/** What scopes nearly every read: a site and an inclusive range of its days. */
export interface Scope {
  site: string;
  from: string;
  to: string;
}

const MINUTE = 60_000;

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => unwrap(client.GET("/me", { signal })),
  staleTime: 5 * MINUTE,
  retry: false,
});

export const healthQuery = queryOptions({
  queryKey: ["healthz"],
  queryFn: async ({ signal }) => {
    const health: { status: string; version: string; demo?: boolean | null } = await unwrap(client.GET("/healthz", { signal }));
    return health;
  },
  staleTime: 5 * MINUTE,
  retry: false,
});

export const metricsQuery = queryOptions({
  queryKey: ["metrics"],
  queryFn: ({ signal }) => unwrap(client.GET("/metrics", { signal })),
  staleTime: 60 * MINUTE,
});

export const summaryQuery = (scope: Scope, compare: "previous" | "none", channel?: string) =>
  queryOptions({
    queryKey: ["summary", scope, compare, channel],
    queryFn: ({ signal }) =>
      unwrap(client.GET("/analytics/summary", { params: { query: { ...scope, compare, channel } }, signal })),
    placeholderData: keepPreviousData,
  });

export const timeseriesQuery = (scope: Scope, asked: Pick<Query<"/analytics/timeseries">, "metric" | "gran" | "by" | "channel">) =>
  queryOptions({
    queryKey: ["timeseries", scope, asked],
    queryFn: ({ signal }) => unwrap(client.GET("/analytics/timeseries", { params: { query: { ...scope, ...asked } }, signal })),
    placeholderData: keepPreviousData,
  });

export const modelsQuery = queryOptions({
  queryKey: ["models"],
  queryFn: ({ signal }) => unwrap(client.GET("/attribution/models", { signal })),
  staleTime: 60 * MINUTE,
});

export const channelsQuery = (
  scope: Scope,
  asked: Pick<Query<"/attribution/channels">, "model" | "window" | "half_life" | "by">,
) =>
  queryOptions({
    queryKey: ["channels", scope, asked],
    queryFn: ({ signal }) => unwrap(client.GET("/attribution/channels", { params: { query: { ...scope, ...asked } }, signal })),
    placeholderData: keepPreviousData,
  });

export const claimsQuery = (scope: Scope, asked: Pick<Query<"/attribution/claims">, "model" | "window" | "half_life">) =>
  queryOptions({
    queryKey: ["claims", scope, asked],
    queryFn: ({ signal }) => unwrap(client.GET("/attribution/claims", { params: { query: { ...scope, ...asked } }, signal })),
    placeholderData: keepPreviousData,
  });

export const comparisonQuery = (
  scope: Scope,
  asked: Pick<Query<"/attribution/compare">, "window" | "half_life" | "by" | "order">,
) =>
  queryOptions({
    queryKey: ["comparison", scope, asked],
    queryFn: ({ signal }) => unwrap(client.GET("/attribution/compare", { params: { query: { ...scope, ...asked } }, signal })),
    placeholderData: keepPreviousData,
  });

export const pathsQuery = (
  scope: Scope,
  asked: Pick<Query<"/attribution/paths">, "model" | "window" | "half_life" | "channel" | "converted" | "q">,
) =>
  infiniteQueryOptions({
    queryKey: ["paths", scope, asked],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        client.GET("/attribution/paths", {
          params: { query: { ...scope, ...asked, limit: 25, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

export const forecastQuery = (site: string, asked: Pick<Query<"/forecast">, "metric" | "gran" | "horizon" | "promotions">) =>
  queryOptions({
    queryKey: ["forecast", site, asked],
    queryFn: ({ signal }) => unwrap(client.GET("/forecast", { params: { query: { site, ...asked } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: 10 * MINUTE,
  });

export const anomaliesQuery = (site: string, status: string) =>
  infiniteQueryOptions({
    queryKey: ["insights/anomalies", site, status],
    queryFn: ({ pageParam, signal }) =>
      unwrap(client.GET("/insights/anomalies", { params: { query: { site, status, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });

export const journeysQuery = (scope: Scope, q?: string) =>
  infiniteQueryOptions({
    queryKey: ["journeys", scope, q],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        client.GET("/journeys", {
          params: { query: { ...scope, q, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
    placeholderData: keepPreviousData,
  });

export const journeyQuery = (site: string, person: string) =>
  queryOptions({
    queryKey: ["journey", site, person],
    queryFn: ({ signal }) => unwrap(client.GET("/journeys/{person}", { params: { path: { person }, query: { site } }, signal })),
  });

export const inboxQuery = (site: string, status: string) =>
  infiniteQueryOptions({
    queryKey: ["inbox", site, status],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        client.GET("/inbox", {
          params: { query: { site, status, limit: 50, ...(pageParam ? { cursor: pageParam } : {}) } },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page) => page.next_cursor,
  });

/** A run that has not ended is asked about again every second. */
const unfinished = (status: string | undefined) => status === "queued" || status === "running";
const POLL = 1000;

export const runsQuery = (limit: number) =>
  queryOptions({
    queryKey: ["runs", limit],
    queryFn: ({ signal }) => unwrap(client.GET("/agents/runs", { params: { query: { limit } }, signal })),
    refetchInterval: (query) => (query.state.data?.rows.some((row) => unfinished(row.status)) ? POLL : false),
  });

export const auditQuery = infiniteQueryOptions({
  queryKey: ["audit"],
  queryFn: ({ pageParam, signal }) =>
    unwrap(client.GET("/audit", { params: { query: { limit: 100, ...(pageParam ? { cursor: pageParam } : {}) } }, signal })),
  initialPageParam: "",
  getNextPageParam: (page) => page.next_cursor,
});

export const login = (email: string, password: string) => unwrap(client.POST("/auth/login", { body: { email, password } }));
/** Reads every entry of the log again, so it is asked once a visit. */
export const auditVerifyQuery = queryOptions({
  queryKey: ["audit/verify"],
  queryFn: ({ signal }) => unwrap(client.GET("/audit/verify", { signal })),
  staleTime: MINUTE,
});

/** Enters another tenant of the caller: the cookie is that one's from now on. */
export const switchTenant = (tenant: string) => unwrap(client.POST("/auth/switch", { body: { tenant_id: tenant } }));
export const logout = () => unwrap(client.POST("/auth/logout"));
export const startAnalyst = (context: Scope) => unwrap(client.POST("/agents/run", { body: { agent: "analyst", context: { ...context } } }));
export const checkAnomalies = (site: string) => unwrap(client.POST("/insights/anomalies/check", { params: { query: { site } } }));
export const dismissAnomaly = (id: string) => unwrap(client.POST("/insights/anomalies/{id}/dismiss", { params: { path: { id } } }));
export const reopenAnomaly = (id: string) => unwrap(client.POST("/insights/anomalies/{id}/reopen", { params: { path: { id } } }));
export const replayInbox = (id: string) => unwrap(client.POST("/inbox/{id}/replay", { params: { path: { id } } }));
export const dismissInbox = (id: string) => unwrap(client.POST("/inbox/{id}/dismiss", { params: { path: { id } } }));
