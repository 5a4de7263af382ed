/** Planning: what each channel brought, and how a week's money is best divided. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

export type MixStudy = components["schemas"]["MixStudy"];
export type Mix = components["schemas"]["Mix"];
export type MixChannel = components["schemas"]["MixChannel"];
export type MixFigure = components["schemas"]["MixFigure"];
export type Budget = components["schemas"]["BudgetAnswer"];
export type BudgetBounds = components["schemas"]["BudgetBounds"];
export type NewMix = components["schemas"]["NewMix"];

/** The media mix of a site; while one is computed it is asked for again every two seconds. */
export const mixQuery = (site: string) =>
  queryOptions({
    queryKey: ["planning", "mix", site],
    queryFn: ({ signal }) => unwrap(client.GET("/planning/mix", { params: { query: { site } }, signal })),
    refetchInterval: (query) => (query.state.data?.study?.status === "running" ? 2_000 : false),
  });

/** Starts a study; what is not said has a default. */
export const computeMix = (body: Partial<NewMix>) => unwrap(client.POST("/planning/mix", { body: body as NewMix }));

/** The best division of a weekly budget. `computed` is when the mix was, so that a new one is asked anew. */
export const budgetQuery = (site: string, computed: number, total: number, bounds: BudgetBounds[]) =>
  queryOptions({
    queryKey: ["planning", "budget", site, computed, total, bounds],
    queryFn: ({ signal }) =>
      unwrap(client.POST("/planning/budget", { body: { site, goal: { kind: "spend", total_minor: total }, bounds }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });
