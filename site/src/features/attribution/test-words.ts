/** How incrementality tests are told. */
import type { Design, Figure, Readout } from "@/api/holdouts";
import { count, country, day, money, percent, ratio } from "@/lib/format";

/** A region's name as people know it: `DE/Bavaria` is "Bavaria, Germany". */
export function regionName(id: string): string {
  const [code = "", ...rest] = id.split("/");
  return rest.length ? `${rest.join("/")}, ${country(code)}` : country(code);
}

/** Some names, the rest counted. */
export function listed(ids: readonly string[], most = 3): string {
  const names = ids.slice(0, most).map(regionName);
  const more = ids.length - names.length;
  if (more > 0) return `${names.join(", ")} and ${more} more`;
  return names.length > 1 ? `${names.slice(0, -1).join(", ")} and ${names.at(-1)}` : (names[0] ?? "");
}

const date = (text: string) => day(Date.parse(`${text}T12:00:00Z`), "UTC");

export const daysText = (design: Design): string => `${date(design.from)} – ${date(design.to)}`;

/** Where it is off, and when. */
export const layout = (design: Design): string => `off ${design.kind === "time" ? "everywhere" : `in ${listed(design.treated ?? [])}`} · ${daysText(design)}`;

/** An outcome's figure: orders, or money. */
export function amount(value: number | null | undefined, readout: Pick<Readout, "outcome" | "currency">): string {
  return readout.outcome === "revenue" ? money(value == null ? null : Math.round(value), readout.currency, { whole: true }) : count(value, { digits: value != null && Math.abs(value) < 10 ? 1 : 0 });
}

/** The outcome that was counted first. */
export const counted = (readout: Readout) => (readout.outcome === "revenue" ? readout.revenue : readout.orders);

/** Whether nothing lies outside the interval. */
export const isSure = (figure: Figure): boolean => figure.low > 0 || (figure.high != null && figure.high < 0);

/** "12 to 40", or "12 and more". */
export function between(figure: Figure, tell: (value: number) => string): string {
  return figure.high == null ? `${tell(figure.low)} and more` : `${tell(figure.low)} to ${tell(figure.high)}`;
}

/** What a test showed, in a sentence. */
export function sentence(readout: Readout, channel: string): string {
  const { incremental, share } = counted(readout);
  const what = readout.outcome === "revenue" ? "" : " orders";
  const tell = (value: number) => amount(value, readout);
  if (!isSure(incremental)) return `Nothing that could not be chance: ${channel} added between ${between(incremental, tell)}${what}.`;
  if (incremental.value < 0) return `More was sold without ${channel} than with it: ${tell(-incremental.value)}${what} more.`;
  return `${channel} added ${tell(incremental.value)}${what} (${between(incremental, tell)}): ${percent(share.value, { digits: 0 })} of what these regions sell with it.`;
}

export const METHODS: Record<string, [string, string]> = {
  difference_in_differences: ["Difference in differences", "How the regions without it changed, less how the others did."],
  synthetic_control: ["Synthetic control", "Against a twin mixed from the other regions, as like as can be before the test."],
  before_and_after: ["Before and after", "Against the same weekdays of the eight weeks before."],
};

export const factorText = (figure: Figure): string => `${ratio(figure.value)} (${between(figure, (value) => ratio(value))})`;
