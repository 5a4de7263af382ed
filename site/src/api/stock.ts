/** Stock: what sells by variant, what runs out and what to order. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

export type StockStudy = components["schemas"]["StockStudy"];
export type Stock = components["schemas"]["Stock"];
export type StockItem = components["schemas"]["StockItem"];
export type StockRange = components["schemas"]["StockRange"];
export type StockTerms = components["schemas"]["StockTerms"];
export type StockForecast = components["schemas"]["StockForecast"];

/** Which variants of the table, and in which order. */
export interface StockAsk {
  q?: string | undefined;
  show?: string | undefined;
  sort?: string | undefined;
  reverse?: boolean | undefined;
}

/** The variants a page at a time; while forecasts are computed it is asked for again every two seconds. */
export const stockQuery = (site: string, { q, show, sort, reverse }: StockAsk) =>
  infiniteQueryOptions({
    queryKey: ["planning", "stock", site, { q, show, sort, reverse }],
    queryFn: ({ pageParam, signal }) =>
      unwrap(
        client.GET("/planning/stock", {
          params: {
            query: {
              site,
              ...(q ? { q } : {}),
              ...(show ? { show } : {}),
              ...(sort ? { sort } : {}),
              ...(reverse ? { reverse: "true" } : {}),
              ...(pageParam ? { cursor: pageParam } : {}),
            },
          },
          signal,
        }),
      ),
    initialPageParam: "",
    getNextPageParam: (page: StockStudy) => page.answer?.next_cursor,
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.pages[0]?.study?.status === "running" ? 2_000 : false),
  });

/** What a variant, a product or the shop sold and will sell. `computed` is when, so that a new study is asked anew. */
export const stockForecastQuery = (site: string, of: string, computed: number) =>
  queryOptions({
    queryKey: ["planning", "stock", site, "forecast", of, computed],
    queryFn: ({ signal }) => unwrap(client.GET("/planning/stock/forecast", { params: { query: { site, of } }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
  });

/** Starts a study. */
export const computeStock = (site: string) => unwrap(client.POST("/planning/stock", { body: { site } }));

/** Sets how the site's shop orders. */
export const saveStockTerms = (site: string, terms: StockTerms) => unwrap(client.PUT("/planning/stock/settings", { body: { site, ...terms } }));
