/** Experiments: variants shown to visitors, what counts, and how they stand. */
import { queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

export type Experiment = components["schemas"]["Experiment"];
export type Variant = components["schemas"]["Variant"];
export type NewExperiment = components["schemas"]["NewExperiment"];

/** What the API takes when no thresholds are sent. */
export const THRESHOLDS = { min_exposures: 200, pause_below: 0.05, promote_from: 0.95, max_expected_loss: 0.005 };

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

export const createExperiment = (body: NewExperiment, key: string) => unwrap(client.POST("/experiments", { body, headers: { "Idempotency-Key": key } }));
export const startExperiment = (id: string) => unwrap(client.POST("/experiments/{id}/start", { params: { path: { id } } }));
export const stopExperiment = (id: string) => unwrap(client.POST("/experiments/{id}/stop", { params: { path: { id } } }));
