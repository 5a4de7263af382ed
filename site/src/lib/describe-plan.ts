/** Parts of a campaign's document in words, for differences and summaries. Pure. */

import type { Ad, AdSet, Audience, Change, Creative } from "@/api/loop-types";

import { OBJECTIVES, PROVIDERS } from "./campaign";
import { callToAction } from "./creative";
import { country, dateTime, money, plural } from "./format";

export interface Line {
  label: string;
  text: string;
  /** Ids of images to be shown instead of the text. */
  images?: string[];
}

const record = (value: unknown): value is Record<string, unknown> => typeof value === "object" && value !== null && !Array.isArray(value);
const texts = (value: unknown): string[] => (Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : []);

/** "Germany and Austria, 18 to 65, 3 keywords". */
export function audienceText(audience: Partial<Audience>): string {
  const countries = texts(audience.countries).map(country);
  const { age_min: from, age_max: to } = audience;
  const ages = from != null && to != null ? `${from} to ${to === 65 ? "65+" : to}` : from != null ? `from ${from}` : to != null ? `up to ${to}` : "";
  const keywords = texts(audience.keywords);
  const list = typeof audience.list_id === "string" && audience.list_id !== "" ? `list ${audience.list_id}` : "";
  return (
    [
      countries.length > 3 ? `${countries.slice(0, 2).join(", ")} and ${countries.length - 2} more countries` : countries.join(", "),
      ages && `ages ${ages}`,
      keywords.length > 0 ? `${plural(keywords.length, "keyword")}: ${keywords.slice(0, 6).join(", ")}${keywords.length > 6 ? ", …" : ""}` : "",
      list,
    ]
      .filter(Boolean)
      .join(" · ") || "Everybody"
  );
}

const NAMES: Record<string, string> = {
  lowest_cost: "Most results for the budget",
  maximize_clicks: "Most clicks for the budget",
  active: "Running",
  paused: "Paused",
  ...Object.fromEntries(OBJECTIVES.map(({ value, label }) => [value, label])),
  ...Object.fromEntries(Object.entries(PROVIDERS).map(([type, { name }]) => [type, name])),
};

/** A single value as the change's unit says; the API's own names become words. */
export function valueText(value: unknown, change: Pick<Change, "unit" | "path">, currency: string, zone: string): string {
  if (value === null || value === undefined || value === "") return "";
  if (change.unit === "money" && typeof value === "number") return money(value, currency);
  if (change.unit === "time" && typeof value === "number") return dateTime(value, zone);
  const last = change.path.split("/").at(-1) ?? "";
  if (last === "call_to_action" && typeof value === "string") return callToAction(value);
  if (["objective", "bid_strategy", "status", "channel"].includes(last) && typeof value === "string") return NAMES[value] ?? value;
  if (typeof value === "string") return value;
  if (Array.isArray(value)) return texts(value).join(", ");
  return typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function creativeLines(creative: Partial<Creative>): Line[] {
  const line = (label: string, text: string | undefined): Line[] => (text ? [{ label, text }] : []);
  const images = texts(creative.image_asset_ids);
  return [
    ...line("Subject", creative.subject),
    ...line("Preview text", creative.preview_text),
    ...line("From", [creative.from_name, creative.from_email && `<${creative.from_email}>`].filter(Boolean).join(" ")),
    ...line("Text", creative.primary_text),
    ...line("Headlines", texts(creative.headlines).join(" | ")),
    ...line("Descriptions", texts(creative.descriptions).join(" | ")),
    ...line("Button", creative.call_to_action ? callToAction(creative.call_to_action) : ""),
    ...line("Body", creative.body),
    ...(images.length > 0 ? [{ label: "Images", text: plural(images.length, "image"), images }] : []),
  ];
}

export interface Told {
  lines: Line[];
  /** Things within it, such as an ad set's ads. */
  parts: { name: string; lines: Line[] }[];
}

/** A whole ad set, ad or audience. */
export function objectText(value: unknown, currency: string): Told {
  if (!record(value)) return { lines: [], parts: [] };
  if (Array.isArray(value.ads)) {
    const set = value as unknown as AdSet;
    return {
      lines: [
        ...(set.channel === "klaviyo" ? [] : [{ label: "Daily budget", text: money(set.budget_daily, currency) }]),
        { label: "Audience", text: audienceText(set.audience ?? {}) },
        ...(set.channel === "klaviyo" ? [] : [{ label: "Bidding", text: NAMES[set.bid_strategy] ?? set.bid_strategy }]),
        ...(texts(set.placements).length > 0 ? [{ label: "Placements", text: texts(set.placements).join(", ") }] : []),
        ...(set.status === "paused" ? [{ label: "Delivery", text: "Paused" }] : []),
      ],
      parts: set.ads.map((ad) => ({ name: ad.name, lines: adLines(ad) })),
    };
  }
  if (record(value.creative)) return { lines: adLines(value as unknown as Ad), parts: [] };
  return { lines: [{ label: "Audience", text: audienceText(value as Partial<Audience>) }], parts: [] };
}

function adLines(ad: Ad): Line[] {
  return [...creativeLines(ad.creative ?? {}), ...(ad.status === "paused" ? [{ label: "Delivery", text: "Paused" }] : [])];
}

/** What became of a list's items, in the new order, with those that are gone at the end. */
export function listDiff(before: readonly string[], after: readonly string[]): { text: string; kind: "same" | "added" | "removed" }[] {
  const left = [...before];
  const items = after.map((text) => {
    const at = left.indexOf(text);
    if (at < 0) return { text, kind: "added" as const };
    left.splice(at, 1);
    return { text, kind: "same" as const };
  });
  return [...items, ...left.map((text) => ({ text, kind: "removed" as const }))];
}

/** The parts of an audience, each as a list of texts, so that a change shows what came and what went. */
export function audienceParts(value: unknown): { label: string; items: string[] }[] {
  const audience: Partial<Audience> = record(value) ? (value as Partial<Audience>) : {};
  const { age_min: from, age_max: to } = audience;
  return [
    { label: "Countries", items: texts(audience.countries).map(country) },
    { label: "Ages", items: from != null || to != null ? [`${from ?? "any"} to ${to ?? "any"}`] : [] },
    { label: "Keywords", items: texts(audience.keywords) },
    { label: "List", items: audience.list_id ? [audience.list_id] : [] },
  ];
}

/** How a change is shown: a thing that comes or goes, a list, words within a text, or one value for another. */
export function shapeOf(change: Change): "object" | "list" | "text" | "value" {
  if (change.unit === "object") return "object";
  if (change.unit === "list") return "list";
  const long = (value: unknown) => typeof value === "string" && value.length > 40;
  return change.unit === "text" && (long(change.before) || long(change.after)) ? "text" : "value";
}

const DONE: Record<string, string> = {
  "campaign.create": "Made the campaign",
  "campaign.edit": "Edited the plan",
  "campaign.submit": "Submitted it for approval",
  "campaign.withdraw": "Withdrew the request",
  "campaign.approve": "Approved",
  "campaign.reject": "Rejected",
  "approval.approve": "Approved",
  "approval.reject": "Rejected",
  "campaign.schedule": "Scheduled the launch",
  "campaign.unschedule": "Took the launch off the calendar",
  "campaign.publish": "Began to publish",
  "campaign.published": "Every channel has it",
  "campaign.publish_failed": "Publishing did not work out",
  "campaign.change": "Began to publish a change",
  "campaign.pause": "Paused",
  "campaign.resume": "Resumed",
  "campaign.end": "Ended",
  "campaign.rollback": "Rolled back",
  "campaign.rolled_back": "Everything is taken back",
};

/** An entry of a campaign's history in words, with what was said along. */
export function actionText({ action, after }: { action: string; after?: unknown }): string {
  const said = record(after) ? [after.comment, after.reason, after.detail].find((text): text is string => typeof text === "string" && text !== "") : undefined;
  const known = DONE[action] ?? action.replace(/^[a-z]+\./, "").replaceAll("_", " ").replace(/^./, (letter) => letter.toUpperCase());
  return said ? `${known}: “${said}”` : known;
}
