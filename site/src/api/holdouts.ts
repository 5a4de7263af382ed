/** Incrementality tests: a channel switched off in some regions, or for a while, and what that showed. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

export type Holdout = components["schemas"]["Holdout"];
export type Design = components["schemas"]["HoldoutDesign"];
export type NewHoldout = components["schemas"]["NewHoldout"];
export type Plan = components["schemas"]["HoldoutPlan"];
export type PlanQuestion = components["schemas"]["HoldoutPlanQuestion"];
export type Readout = components["schemas"]["HoldoutReadout"];
export type Method = components["schemas"]["HoldoutMethod"];
export type Figure = components["schemas"]["HoldoutFigure"];

export const holdoutsQuery = (site: string) =>
  queryOptions({
    queryKey: ["holdouts", site],
    queryFn: ({ signal }) => unwrap(client.GET("/attribution/holdouts", { params: { query: { site } }, signal })),
  });

/** A test with what it says so far. */
export const holdoutQuery = (id: string) =>
  queryOptions({
    queryKey: ["holdout", id],
    queryFn: ({ signal }) => unwrap(client.GET("/attribution/holdouts/{id}", { params: { path: { id } }, signal })),
  });

/** What a test would find. The answer to the last question stays while the next is on its way. */
export const holdoutPlanQuery = (question: PlanQuestion) =>
  queryOptions({
    queryKey: ["holdout-plan", question],
    queryFn: ({ signal }) => unwrap(client.POST("/attribution/holdouts/plan", { body: question, signal })),
    placeholderData: keepPreviousData,
    retry: false,
  });

export const createHoldout = (body: NewHoldout, key: string) =>
  unwrap(client.POST("/attribution/holdouts", { body, headers: { "Idempotency-Key": key } }));
export const finishHoldout = (id: string) => unwrap(client.POST("/attribution/holdouts/{id}/finish", { params: { path: { id } } }));
export const stopHoldout = (id: string) => unwrap(client.POST("/attribution/holdouts/{id}/stop", { params: { path: { id } } }));
