/** Connected advertising and e-mail accounts. */
import { queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";

export const providersQuery = queryOptions({
  queryKey: ["connectors"],
  queryFn: ({ signal }) => unwrap(client.GET("/connectors", { signal })),
  staleTime: 60 * 60_000,
});

export const connectedQuery = (site: string) =>
  queryOptions({
    queryKey: ["connected", site],
    queryFn: ({ signal }) => unwrap(client.GET("/channels", { params: { query: { site } }, signal })),
  });

export const syncsQuery = (id: string) =>
  queryOptions({
    queryKey: ["syncs", id],
    queryFn: ({ signal }) => unwrap(client.GET("/channels/{id}/syncs", { params: { path: { id } }, signal })),
    refetchInterval: (query) => (query.state.data?.rows.some((row) => row.status === "queued" || row.status === "running") ? 1000 : false),
  });

/** Begins to connect: answers with the provider's page to sign in at, or with the channel, connected by its key. */
export const connectChannel = (type: string, body: { site: string; api_key: string | null }) =>
  unwrap(client.POST("/channels/{type}/connect", { params: { path: { type } }, body }));
/** Says which of the accounts that a sign-in reaches a channel is to have. */
export const chooseAccount = (id: string, account_id: string) => unwrap(client.POST("/channels/{id}/account", { params: { path: { id } }, body: { account_id } }));
export const testChannel = (id: string) => unwrap(client.POST("/channels/{id}/test", { params: { path: { id } } }));
export const syncChannel = (id: string) => unwrap(client.POST("/channels/{id}/sync", { params: { path: { id } }, body: { days: null } }));
export const disconnectChannel = (id: string) => unwrap(client.POST("/channels/{id}/disconnect", { params: { path: { id } } }));
