/**
 * What an ad is made of on each channel and how long its parts may be. The API's preflight has the last word; these
 * figures are for counting while somebody types. Sources: Google Ads Help "About responsive search ads" (30 and 90
 * characters, double-width characters count twice, 3–15 headlines, 2–4 descriptions); Meta Ads Guide, image in feed
 * (125, 40 and 30 characters are shown before text is cut off); for e-mail, what common clients show of a subject.
 */

import type { ChannelType, Creative } from "@/api/loop-types";

export type TextPart = "headlines" | "descriptions" | "primary_text" | "subject" | "preview_text";

export interface Limit {
  /** Characters. */
  max: number;
  /** Whether the channel refuses longer text, or only cuts it off. */
  hard: boolean;
  /** Whether double-width characters count twice. */
  wide?: boolean;
  /** How many texts, for parts that take several. */
  count?: { min: number; max: number };
}

const SOCIAL: Partial<Record<TextPart, Limit>> = {
  primary_text: { max: 125, hard: false },
  headlines: { max: 40, hard: false, count: { min: 1, max: 1 } },
  descriptions: { max: 30, hard: false, count: { min: 0, max: 1 } },
};

const LIMITS: Record<ChannelType, Partial<Record<TextPart, Limit>>> = {
  sandbox: SOCIAL,
  meta: SOCIAL,
  google_ads: {
    headlines: { max: 30, hard: true, wide: true, count: { min: 3, max: 15 } },
    descriptions: { max: 90, hard: true, wide: true, count: { min: 2, max: 4 } },
  },
  klaviyo: {
    subject: { max: 60, hard: false },
    preview_text: { max: 90, hard: false },
  },
};

export function limitOf(channel: ChannelType, part: TextPart): Limit | undefined {
  return LIMITS[channel][part];
}

/** East Asian wide and full-width characters, which ad systems count as two. */
const WIDE = /[\u1100-\u115f\u2e80-\u303e\u3041-\u33ff\u3400-\u4dbf\u4e00-\u9fff\ua000-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe4f\uff00-\uff60\uffe0-\uffe6\u{20000}-\u{3fffd}]/u;

/** Length as the channel counts it. */
export function lengthOf(text: string, limit: Pick<Limit, "wide">): number {
  let length = 0;
  for (const character of text) length += limit.wide && WIDE.test(character) ? 2 : 1;
  return length;
}

export type Fill = "empty" | "fits" | "near" | "cut" | "over";

/** How a text stands against its limit; `near` from nine tenths on. */
export function fill(text: string, limit: Limit): { length: number; state: Fill } {
  const length = lengthOf(text, limit);
  if (length === 0) return { length, state: "empty" };
  if (length > limit.max) return { length, state: limit.hard ? "over" : "cut" };
  return { length, state: length >= limit.max * 0.9 ? "near" : "fits" };
}

/** The part of a text a channel shows where it cuts at its limit. */
export function shown(text: string, limit: Limit): string {
  let length = 0;
  let end = 0;
  for (const character of text) {
    length += limit.wide && WIDE.test(character) ? 2 : 1;
    if (length > limit.max) return `${text.slice(0, end).trimEnd()}…`;
    end += character.length;
  }
  return text;
}

export const CALLS_TO_ACTION: { value: string; label: string }[] = [
  { value: "SHOP_NOW", label: "Shop now" },
  { value: "LEARN_MORE", label: "Learn more" },
  { value: "SIGN_UP", label: "Sign up" },
  { value: "SUBSCRIBE", label: "Subscribe" },
  { value: "GET_OFFER", label: "Get offer" },
];

export function callToAction(value: string): string {
  return CALLS_TO_ACTION.find((one) => one.value === value)?.label ?? value;
}

export const EMPTY_CREATIVE: Creative = {
  headlines: [],
  descriptions: [],
  primary_text: "",
  call_to_action: "",
  image_asset_ids: [],
  subject: "",
  preview_text: "",
  body: "",
  from_name: "",
  from_email: "",
};

/** What of an ad's text another channel can take over: nothing that is there is overwritten. */
export function carryOver(from: Creative, to: Creative, channel: ChannelType): Creative {
  const texts = [...from.headlines, ...from.descriptions, from.subject].filter((text) => text.trim() !== "");
  const lines = [...from.descriptions, from.primary_text, from.preview_text].filter((text) => text.trim() !== "");
  if (channel === "klaviyo") {
    return {
      ...to,
      subject: to.subject || (texts[0] ?? ""),
      preview_text: to.preview_text || (lines[0] ?? ""),
    };
  }
  const fits = (part: "headlines" | "descriptions", found: string[]) => {
    const limit = limitOf(channel, part);
    if (!limit) return to[part];
    const kept = to[part].filter((text) => text.trim() !== "");
    const more = [...new Set(found)].filter((text) => !kept.includes(text) && (!limit.hard || lengthOf(text, limit) <= limit.max));
    return [...kept, ...more].slice(0, limit.count?.max ?? 1);
  };
  const social = channel !== "google_ads";
  return {
    ...to,
    headlines: fits("headlines", texts),
    descriptions: fits("descriptions", lines),
    ...(social
      ? {
          primary_text: to.primary_text || from.primary_text || (lines[0] ?? ""),
          call_to_action: to.call_to_action || from.call_to_action || "SHOP_NOW",
          image_asset_ids: to.image_asset_ids.length > 0 ? to.image_asset_ids : from.image_asset_ids,
        }
      : {}),
  };
}
