/** Campaigns, approvals, channels, guardrails, team: the shapes of the API's answers for the site's campaign pages. */

import type { components } from "./schema";

type Schemas = components["schemas"];

export type ChannelType = "sandbox" | "meta" | "google_ads" | "klaviyo";
export type Objective = "sales" | "leads" | "traffic" | "awareness";
export type BidStrategy = "lowest_cost" | "maximize_clicks";
export type Delivery = "active" | "paused";

export type Creative = Schemas["Creative"];

export interface Ad {
  id: string;
  name: string;
  creative: Creative;
  status: Delivery;
}

export interface Audience {
  countries: string[];
  age_min?: number | null | undefined;
  age_max?: number | null | undefined;
  keywords: string[];
  list_id: string;
}

export interface AdSet {
  id: string;
  name: string;
  channel_id: string;
  channel: ChannelType;
  audience: Audience;
  placements: string[];
  bid_strategy: BidStrategy;
  budget_daily: number;
  status: Delivery;
  ads: Ad[];
}

/** What an approval freezes. */
export interface CampaignDocument {
  name: string;
  objective: Objective;
  currency: string;
  budget_total: number | null;
  start_at: number | null;
  end_at: number | null;
  landing_url: string;
  utm_campaign: string;
  ad_sets: AdSet[];
}

export type CampaignStatus =
  | "draft"
  | "in_review"
  | "approved"
  | "rejected"
  | "scheduled"
  | "publishing"
  | "live"
  | "paused"
  | "ended"
  | "failed"
  | "rolled_back";

export interface Campaign {
  id: string;
  site: string;
  name: string;
  objective: Objective;
  status: CampaignStatus;
  version: number;
  currency: string;
  budget_daily: number;
  budget_total?: number | null;
  start_at?: number | null;
  end_at?: number | null;
  landing_url: string;
  utm_campaign: string;
  channels: { id: string; type: ChannelType; name: string }[];
  detail: string;
  approval_id: string;
  /** Whether what is wanted differs from what is live. */
  has_change: boolean;
  created_by: string;
  created_at: number;
  updated_at: number;
  /** What the caller may do with it now. */
  actions: string[];
}

export interface PublicationStep {
  channel_id: string;
  step: number;
  of: number;
  text: string;
  /** Whether it did not work there; `text` says why. */
  failed: boolean;
}

export interface Publication {
  id: string;
  action: "publish" | "change" | "pause" | "resume" | "end" | "rollback";
  status: "queued" | "running" | "done" | "failed";
  progress: PublicationStep[];
  detail: string;
  requested_by: string;
  created_at: number;
  finished_at?: number | null;
}

export type RemoteObject = Schemas["RemoteObject"];

export interface CampaignDetail extends Campaign {
  document: CampaignDocument;
  approval?: Approval | null;
  publications: Publication[];
  remote_objects: RemoteObject[];
  live_hash?: string | null;
}

export type Finding = Schemas["Finding"];

export interface Change {
  /** Where, by ids: `/ad_sets/<id>/budget_daily`. */
  path: string;
  label: string;
  unit: "text" | "money" | "time" | "list" | "object";
  before?: unknown;
  after?: unknown;
  /** Whether more may be spent because of it. */
  spends: boolean;
}

/** What would differ on one channel, or (with an empty `channel_id`) of the whole campaign. */
export interface DiffPart {
  channel_id: string;
  /** Its provider; empty for the whole campaign. */
  type: string;
  name: string;
  changes: Change[];
  budget_daily_before: number;
  budget_daily_after: number;
}

export interface Diff {
  channels: DiffPart[];
  budget_daily_before: number;
  budget_daily_after: number;
}

export type ApprovalStatus = "pending" | "approved" | "rejected" | "void";

export interface Approval {
  id: string;
  site: string;
  kind: "campaign" | "change";
  campaign_id: string;
  snapshot_hash: string;
  title: string;
  reason: string;
  status: ApprovalStatus;
  requested_by: string;
  requested_by_name: string;
  run_id: string;
  requested_at: number;
  decided_by: string;
  decided_by_name: string;
  decided_at?: number | null;
  comment: string;
  currency: string;
  diff: Diff;
  may_decide: boolean;
  /** Why the caller may not decide, in words. */
  why_not: string;
}

export interface HistoryEntry {
  at: number;
  actor: string;
  actor_name: string;
  action: string;
  before?: unknown;
  after?: unknown;
}

export type Asset = Omit<Schemas["Asset"], "site" | "sha256" | "url">;

export type Brand = Omit<Schemas["Brand"], "site" | "version" | "updated_by" | "updated_at">;

export type Autonomy = "observe" | "propose" | "act";

export type Guardrails = Schemas["Guardrails"];

export interface CalendarEntry {
  id: string;
  campaign_id: string;
  campaign_name: string;
  kind: "launch" | "pause" | "end" | "note";
  title: string;
  at: number;
  status: "planned" | "done" | "failed" | "cancelled";
  detail: string;
  created_by: string;
  created_at: number;
}

export type Flight = Schemas["Flight"];

export type Provider = Schemas["Provider"];
export type ConnectedChannel = Schemas["Channel"];
export type SyncRun = Schemas["Sync"];

export type Member = Schemas["Member"];
export type Invitation = Schemas["Invitation"];
export type ApiKey = Schemas["ApiKey"];
