import { country } from "@/lib/format";

/** What a choice may look at, as people read it: the name, what it holds. */
export const FEATURES = {
  device: ["Device", "desktop, mobile or tablet"],
  country: ["Country", "by the visitor’s address on the network"],
  visitor: ["New or returning", "whether they were here before this visit"],
  channel: ["Channel", "by the page’s address and where they came from"],
  hour: ["Part of the day", "night, morning, afternoon or evening"],
} as const;

export type Feature = keyof typeof FEATURES;

export const featureName = (feature: string): string => FEATURES[feature as Feature]?.[0] ?? feature;

/** A level as people read it. */
export function levelName(feature: string, level: string): string {
  if (level === "other") return "Other or unknown";
  if (feature === "country") return country(level);
  return level.charAt(0).toUpperCase() + level.slice(1);
}
