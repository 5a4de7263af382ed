/** Connected advertising and e-mail accounts. */
import { queryOptions } from "@tanstack/react-query";

import { asked, at } from "./call";
import type { ConnectedChannel, Provider, SyncRun } from "./loop-types";

interface Rows<T> {
  rows: T[];
}

export const providersQuery = queryOptions({
  queryKey: ["connectors"],
  queryFn: ({ signal }) => asked<Rows<Provider>>("GET", "/connectors", { signal }),
  staleTime: 60 * 60_000,
});

export const connectedQuery = (site: string) =>
  queryOptions({
    queryKey: ["connected", site],
    queryFn: ({ signal }) => asked<Rows<ConnectedChannel>>("GET", "/channels", { query: { site }, signal }),
  });

export const syncsQuery = (id: string) =>
  queryOptions({
    queryKey: ["syncs", id],
    queryFn: ({ signal }) => asked<Rows<SyncRun>>("GET", at`/channels/${id}/syncs`, { signal }),
    refetchInterval: (query) => (query.state.data?.rows.some((row) => row.status === "queued" || row.status === "running") ? 1000 : false),
  });

/** Either where to sign in, or the channel, connected by its key. */
export type Connected = { authorize_url: string } | ConnectedChannel;
export const connectChannel = (site: string, type: string, body: { api_key?: string }, key: string) =>
  asked<Connected>("POST", at`/channels/${type}/connect`, { query: { site }, body, key });
export const testChannel = (id: string) => asked<ConnectedChannel>("POST", at`/channels/${id}/test`);
export const syncChannel = (id: string) => asked<SyncRun>("POST", at`/channels/${id}/sync`, { body: {} });
export const disconnectChannel = (id: string) => asked<ConnectedChannel>("POST", at`/channels/${id}/disconnect`);
