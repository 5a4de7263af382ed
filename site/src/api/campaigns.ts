/** Campaigns, approvals, creatives, limits and the calendar as TanStack Query options, and their writes. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";

import { ask, asked, at } from "./call";
import type {
  Approval,
  Asset,
  Brand,
  CalendarEntry,
  Campaign,
  CampaignDetail,
  Diff,
  Finding,
  Flight,
  Guardrails,
  HistoryEntry,
} from "./loop-types";

interface Rows<T> {
  rows: T[];
}

const POLL = 1000;

/** Most rows a list answers with. */
export const MOST = 200;

/** The campaigns changed last. */
export const campaignsQuery = (site: string, status?: string) =>
  queryOptions({
    queryKey: ["campaigns", site, status ?? ""],
    queryFn: ({ signal }) => asked<Rows<Campaign>>("GET", "/campaigns", { query: { site, status }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: (query) => (query.state.data?.rows.some((row) => row.status === "publishing") ? 2 * POLL : false),
  });

/** Whether a campaign's channels are being changed at this moment. */
export const working = (campaign: Pick<CampaignDetail, "status" | "publications">) =>
  campaign.status === "publishing" || campaign.publications.some((one) => one.status === "queued" || one.status === "running");

/** A campaign with its version, asked about every second while its channels are being changed. */
export const campaignQuery = (id: string) =>
  queryOptions({
    queryKey: ["campaign", id],
    queryFn: ({ signal }) => ask<CampaignDetail>("GET", at`/campaigns/${id}`, { signal }),
    refetchInterval: (query) => (query.state.data && working(query.state.data.data) ? POLL : false),
  });

export const preflightQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ["preflight", id, version],
    queryFn: ({ signal }) => asked<{ findings: Finding[] }>("GET", at`/campaigns/${id}/preflight`, { signal }),
  });

export const diffQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ["diff", id, version],
    queryFn: ({ signal }) => asked<Diff>("GET", at`/campaigns/${id}/diff`, { signal }),
  });

export const historyQuery = (id: string, version: number) =>
  queryOptions({
    queryKey: ["history", id, version],
    queryFn: ({ signal }) => asked<Rows<HistoryEntry>>("GET", at`/campaigns/${id}/history`, { signal }),
    placeholderData: keepPreviousData,
  });

export const createCampaign = (site: string, document: unknown, key: string) => ask<CampaignDetail>("POST", "/campaigns", { query: { site }, body: document, key });
export const saveCampaign = (id: string, document: unknown, ifMatch: string | undefined) =>
  ask<CampaignDetail>("PUT", at`/campaigns/${id}`, { body: document, ifMatch });
export const deleteCampaign = (id: string) => asked<undefined>("DELETE", at`/campaigns/${id}`);
export const submitCampaign = (id: string, reason: string, key: string) => asked<Approval>("POST", at`/campaigns/${id}/submit`, { body: { reason }, key });

export type CampaignAction = "withdraw" | "publish" | "pause" | "resume" | "end" | "rollback";
export const actOnCampaign = (id: string, action: CampaignAction, key: string, body?: { at?: number }) =>
  asked<CampaignDetail>("POST", `${at`/campaigns/${id}/`}${action}`, { ...(body ? { body } : {}), key });

export const approvalsQuery = (site: string, status: string) =>
  queryOptions({
    queryKey: ["approvals", site, status],
    queryFn: ({ signal }) => asked<Rows<Approval>>("GET", "/approvals", { query: { site, status }, signal }),
    refetchInterval: 30_000,
  });

export const approvalQuery = (id: string) =>
  queryOptions({
    queryKey: ["approval", id],
    queryFn: ({ signal }) => asked<Approval>("GET", at`/approvals/${id}`, { signal }),
  });

export const approve = (id: string, snapshotHash: string, comment: string) =>
  asked<Approval>("POST", at`/approvals/${id}/approve`, { body: { snapshot_hash: snapshotHash, ...(comment ? { comment } : {}) } });
export const reject = (id: string, comment: string) => asked<Approval>("POST", at`/approvals/${id}/reject`, { body: { comment } });

export const assetsQuery = (site: string) =>
  queryOptions({
    queryKey: ["assets", site],
    queryFn: ({ signal }) => asked<Rows<Asset>>("GET", "/assets", { query: { site }, signal }),
  });

export const uploadAsset = (site: string, file: Blob, title: string, alt: string, key: string) =>
  asked<Asset>("POST", "/assets", { query: { site, title, alt }, body: file, key });
export const deleteAsset = (id: string) => asked<undefined>("DELETE", at`/assets/${id}`);
export const assetUrl = (id: string) => at`/assets/${id}/content`;

export const brandQuery = (site: string) =>
  queryOptions({
    queryKey: ["brand", site],
    queryFn: ({ signal }) => ask<Brand>("GET", "/brand", { query: { site }, signal }),
  });
export const saveBrand = (site: string, { name, description, tone, banned, required, claims, language, colors }: Brand, ifMatch: string | undefined) => ask<Brand>("PUT", "/brand", { query: { site }, body: { name, description, tone, banned, required, claims, language, colors }, ifMatch });

export type GuardrailsWrite = Pick<Guardrails, "daily_cap" | "campaign_daily_cap" | "currency" | "autonomy" | "act_budget_change" | "model_tokens_daily">;
export const saveGuardrails = (body: GuardrailsWrite, ifMatch: string | undefined) => ask<Guardrails>("PUT", "/guardrails", { body, ifMatch });
export const stopSpending = (reason: string) => asked<Guardrails & { paused: string[] }>("POST", "/guardrails/stop", { body: { reason } });
export const releaseSpending = () => asked<Guardrails>("POST", "/guardrails/release");

export const calendarQuery = (site: string, from: string, to: string) =>
  queryOptions({
    queryKey: ["calendar", site, from, to],
    queryFn: ({ signal }) => asked<{ time_zone: string; entries: CalendarEntry[]; flights: Flight[] }>("GET", "/calendar", { query: { site, from, to }, signal }),
    placeholderData: keepPreviousData,
  });
export const createEntry = (site: string, entry: { kind: CalendarEntry["kind"]; title: string; at: number; campaign_id?: string }, key: string) =>
  asked<CalendarEntry>("POST", "/calendar", { query: { site }, body: entry, key });
export const changeEntry = (id: string, change: { at?: number; title?: string }) => asked<CalendarEntry>("PATCH", at`/calendar/${id}`, { body: change });
export const deleteEntry = (id: string) => asked<undefined>("DELETE", at`/calendar/${id}`);
