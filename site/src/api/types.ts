/**
 * The API's answers by route. Derived from paths, not from schema names, so that only a change of the contract
 * itself changes them.
 */
import type { paths } from "./schema";

type Json<Operation> = Operation extends { responses: infer Responses }
  ? {
      [Status in keyof Responses]: Status extends 200 | 201 | 202
        ? Responses[Status] extends { content: { "application/json": infer Body } }
          ? Body
          : never
        : never;
    }[keyof Responses]
  : never;

type Get<Path extends keyof paths> = Json<paths[Path]["get"]>;
export type Query<Path extends keyof paths> = paths[Path] extends { get: { parameters: { query?: infer Q } } }
  ? NonNullable<Q>
  : never;

export type Me = Get<"/me">;
export type Site = Me["sites"][number];
export type Metric = Get<"/metrics">["rows"][number];
export type Summary = Get<"/analytics/summary">;
export type TimeSeries = Get<"/analytics/timeseries">;
export type Point = TimeSeries["points"][number];
export type AttributionModel = Get<"/attribution/models">["rows"][number];
export type Channels = Get<"/attribution/channels">;
export type ChannelRow = Channels["rows"][number];
export type ChannelTotal = Channels["total"];
export type Claims = Get<"/attribution/claims">;
export type Comparison = Get<"/attribution/compare">;
export type ComparedRow = Comparison["rows"][number];
export type ComparedCredit = ComparedRow["credits"][number];
export type Forecast = Get<"/forecast">;
export type AnomalyRow = Get<"/insights/anomalies">["rows"][number];
export type AnomalyLook = Json<paths["/insights/anomalies/check"]["post"]>;
export type PathRow = Get<"/attribution/paths">["rows"][number];
export type Touchpoint = PathRow["touchpoints"][number];
export type JourneyRow = Get<"/journeys">["rows"][number];
export type Journey = Get<"/journeys/{person}">;
export type JourneySession = Journey["sessions"][number];
export type JourneyEvent = JourneySession["events"][number];
export type InboxRow = Get<"/inbox">["rows"][number];
export type ImportDetail = Get<"/imports/{id}">;
export type AgentRun = Get<"/agents/runs">["rows"][number];
export type AuditRow = Get<"/audit">["rows"][number];

/** One hit of the live stream (`event: hit` of `GET /analytics/live`). */
export interface LiveHit {
  id: string;
  event: string;
  t: number;
  received_at: number;
  visitor: string;
  path: string;
  source: string;
  channel: string;
  country: string;
  device: string;
  browser: string;
  value: number;
  currency: string;
  bot: boolean;
}

/** The running figures of the live stream (`event: active`). */
export interface LiveActive {
  visitors_5m: number;
  events_5m: number;
  revenue_today: number;
  orders_today: number;
}
