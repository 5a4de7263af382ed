/** Messages that failed for good. */
import { queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";
import type { components } from "./schema";

export type DeadLetter = components["schemas"]["DeadLetter"];

/** Most rows asked for at once. */
export const MOST_LETTERS = 200;

export const deadLettersQuery = (status: string) =>
  queryOptions({
    queryKey: ["dead-letters", status],
    queryFn: ({ signal }) => unwrap(client.GET("/dead-letters", { params: { query: { status, limit: MOST_LETTERS } }, signal })),
  });

export const replayLetter = (id: string) => unwrap(client.POST("/dead-letters/{id}/replay", { params: { path: { id } } }));
export const dismissLetter = (id: string) => unwrap(client.POST("/dead-letters/{id}/dismiss", { params: { path: { id } } }));
