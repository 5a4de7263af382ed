/** Experiments: variants shown to visitors, what counts, and how they stand. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

export type Experiment = components["schemas"]["Experiment"];
export type Variant = components["schemas"]["Variant"];
export type NewExperiment = components["schemas"]["NewExperiment"];
export type Readout = components["schemas"]["ExperimentReadout"];
export type Uplift = components["schemas"]["ExperimentUplift"];
export type Segment = components["schemas"]["ExperimentSegment"];
export type ExperimentChange = components["schemas"]["ExperimentChange"];
export type PlanQuestion = components["schemas"]["ExperimentPlanQuestion"];
export type Plan = components["schemas"]["ExperimentPlan"];

/** What the API takes when no thresholds are sent. */
export const THRESHOLDS = { min_exposures: 200, pause_below: 0.05, promote_from: 0.95, max_expected_loss: 0.005, window_days: 7, floor: 0 };

export const experimentsQuery = (site: string) =>
  queryOptions({
    queryKey: ["experiments", site],
    queryFn: ({ signal }) => unwrap(client.GET("/experiments", { params: { query: { site } }, signal })),
  });

/** An experiment; while it runs its figures are asked for again every few seconds. */
export const experimentQuery = (id: string) =>
  queryOptions({
    queryKey: ["experiment", id],
    queryFn: ({ signal }) => unwrap(client.GET("/experiments/{id}", { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data?.status === "running" ? 10_000 : false),
  });

/** What an experiment says so far; asked for again while it runs. */
export const readoutQuery = (id: string, running: boolean) =>
  queryOptions({
    queryKey: ["experiment", id, "readout"],
    queryFn: ({ signal }) => unwrap(client.GET("/experiments/{id}/readout", { params: { path: { id } }, signal })),
    refetchInterval: running ? 30_000 : false,
  });

/** Whom a variant moves; asked for again while the experiment runs. */
export const upliftQuery = (id: string, variant: string, running: boolean) =>
  queryOptions({
    queryKey: ["experiment", id, "uplift", variant],
    queryFn: ({ signal }) => unwrap(client.GET("/experiments/{id}/uplift", { params: { path: { id }, query: { variant } }, signal })),
    refetchInterval: running ? 60_000 : false,
  });

/** How long an experiment would take. The answer to the last question stays while the next is on its way. */
export const planQuery = (question: PlanQuestion) =>
  queryOptions({
    queryKey: ["experiment-plan", question],
    queryFn: ({ signal }) => unwrap(client.POST("/experiments/plan", { body: question, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const createExperiment = (body: NewExperiment, key: string) => unwrap(client.POST("/experiments", { body, headers: { "Idempotency-Key": key } }));
export const startExperiment = (id: string) => unwrap(client.POST("/experiments/{id}/start", { params: { path: { id } } }));
export const changeExperiment = (id: string, body: ExperimentChange) => unwrap(client.PATCH("/experiments/{id}", { params: { path: { id } }, body }));
export const stopExperiment = (id: string) => unwrap(client.POST("/experiments/{id}/stop", { params: { path: { id } } }));
