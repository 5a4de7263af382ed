/** People of the tenant, invitations and API keys. */
import { queryOptions } from "@tanstack/react-query";

import { client, unwrap } from "./client";

const keyed = (key: string) => ({ headers: { "Idempotency-Key": key } });

export const teamQuery = queryOptions({
  queryKey: ["team"],
  queryFn: ({ signal }) => unwrap(client.GET("/team", { signal })),
});

export const invite = (email: string, role: string, key: string) => unwrap(client.POST("/team/invitations", { body: { email, role }, ...keyed(key) }));
export const revokeInvitation = (id: string) => unwrap(client.DELETE("/team/invitations/{id}", { params: { path: { id } } }));
export const changeRole = (user: string, role: string) => unwrap(client.PATCH("/team/{user_id}", { params: { path: { user_id: user } }, body: { role } }));
export const removeMember = (user: string) => unwrap(client.DELETE("/team/{user_id}", { params: { path: { user_id: user } } }));

/** What a link's token stands for: who invites whom, and whether the address has an account. */
export const invitationQuery = (token: string) =>
  queryOptions({
    queryKey: ["invitation", token],
    queryFn: ({ signal }) => unwrap(client.POST("/invitations/show", { body: { token }, signal })),
    retry: false,
  });
export const acceptInvitation = (body: { token: string; name: string | null; password: string }) => unwrap(client.POST("/invitations/accept", { body }));

export const keysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => unwrap(client.GET("/api-keys", { signal })),
});

export interface NewKey {
  name: string;
  role: string;
  scopes: string[];
  expires_at: number | null;
}
export const createKey = (body: NewKey, key: string) => unwrap(client.POST("/api-keys", { body, ...keyed(key) }));
export const revokeKey = (id: string) => unwrap(client.DELETE("/api-keys/{id}", { params: { path: { id } } }));
