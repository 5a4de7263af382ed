/** The fixed colour of each channel. The names are those of the API's channel rules. */
const KNOWN: Record<string, string> = Object.fromEntries(
  [
    "Direct",
    "Paid Search",
    "Organic Search",
    "Paid Social",
    "Organic Social",
    "Email",
    "Referral",
    "Affiliates",
    "Display",
    "Paid Video",
    "Organic Video",
    "Paid Shopping",
    "Organic Shopping",
    "Cross-network",
    "AI Assistants",
    "SMS",
    "Mobile Push",
    "Audio",
    "Paid Other",
    "Unassigned",
    "Other",
  ].map((name) => [name.toLowerCase(), `var(--channel-${name.toLowerCase().replaceAll(" ", "-")})`]),
);

/** Colours lent to keys that are not channels (countries, campaigns, devices), in this order. */
const LENT = [
  "paid-search",
  "email",
  "organic-search",
  "paid-social",
  "referral",
  "paid-shopping",
  "affiliates",
  "cross-network",
  "organic-video",
].map((name) => `var(--channel-${name})`);

export function channelColor(name: string): string {
  return KNOWN[name.toLowerCase()] ?? "var(--channel-unassigned)";
}

/** A colour for any series key: a channel's own, else one by position. */
export function seriesColor(key: string, index: number): string {
  return KNOWN[key.toLowerCase()] ?? LENT[index % LENT.length] ?? "var(--channel-other)";
}
