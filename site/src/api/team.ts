/** People of the tenant, invitations and API keys. */
import { queryOptions } from "@tanstack/react-query";

import { asked, at } from "./call";
import type { ApiKey, Invitation, Member } from "./loop-types";

export const teamQuery = queryOptions({
  queryKey: ["team"],
  queryFn: ({ signal }) => asked<{ members: Member[]; invitations: Invitation[] }>("GET", "/team", { signal }),
});

export const invite = (email: string, role: string, key: string) => asked<{ id: string; link: string }>("POST", "/team/invitations", { body: { email, role }, key });
export const revokeInvitation = (id: string) => asked<undefined>("DELETE", at`/team/invitations/${id}`);
export const changeRole = (user: string, role: string) => asked<unknown>("PATCH", at`/team/${user}`, { body: { role } });
export const removeMember = (user: string) => asked<undefined>("DELETE", at`/team/${user}`);
export const acceptInvitation = (body: { token: string; name: string; password: string }) => asked<unknown>("POST", "/invitations/accept", { body });

export const keysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => asked<{ rows: ApiKey[] }>("GET", "/api-keys", { signal }),
});

export const createKey = (body: { name: string; role: string; scopes: string[]; expires_at?: number }, key: string) =>
  asked<ApiKey & { key: string }>("POST", "/api-keys", { body, key });
export const revokeKey = (id: string) => asked<unknown>("DELETE", at`/api-keys/${id}`);
