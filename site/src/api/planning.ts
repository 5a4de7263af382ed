/** Planning: what each channel brought, how a week's money is best divided, and which of several plans is the better one. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

export type MixStudy = components["schemas"]["MixStudy"];
export type Mix = components["schemas"]["Mix"];
export type MixChannel = components["schemas"]["MixChannel"];
export type MixFigure = components["schemas"]["MixFigure"];
export type Budget = components["schemas"]["BudgetAnswer"];
export type BudgetBounds = components["schemas"]["BudgetBounds"];
export type BudgetGoal = components["schemas"]["BudgetGoal"];
export type MixQuestion = components["schemas"]["MixQuestion"];
export type MixLift = components["schemas"]["MixLift"];
export type Scenario = components["schemas"]["Scenario"];
export type ScenarioPlan = components["schemas"]["ScenarioPlan"];
export type PlanOutcome = components["schemas"]["PlanOutcome"];

/** The media mix of a site; while one is computed it is asked for again every two seconds. */
export const mixQuery = (site: string) =>
  queryOptions({
    queryKey: ["planning", "mix", site],
    queryFn: ({ signal }) => unwrap(client.GET("/planning/mix", { params: { query: { site } }, signal })),
    refetchInterval: (query) => (query.state.data?.study?.status === "running" ? 2_000 : false),
  });

/** Starts a study; what is not said has a default. */
export const computeMix = (site: string, question: Partial<MixQuestion>) =>
  unwrap(client.POST("/planning/mix", { params: { query: { site } }, body: question as MixQuestion }));

/** The best division of a weekly budget. `computed` is when the mix was, so that a new one is asked anew. */
export const budgetQuery = (site: string, computed: number, goal: BudgetGoal, bounds: BudgetBounds[]) =>
  queryOptions({
    queryKey: ["planning", "budget", site, computed, goal, bounds],
    queryFn: ({ signal }) => unwrap(client.POST("/planning/budget", { params: { query: { site } }, body: { goal, bounds }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });

/** Plans for the weeks to come, side by side. */
export const scenarioQuery = (site: string, computed: number, weeks: number, plans: ScenarioPlan[]) =>
  queryOptions({
    queryKey: ["planning", "scenario", site, computed, weeks, plans],
    queryFn: ({ signal }) => unwrap(client.POST("/planning/scenario", { params: { query: { site } }, body: { weeks, plans }, signal })),
    placeholderData: keepPreviousData,
    staleTime: Infinity,
    retry: false,
  });
