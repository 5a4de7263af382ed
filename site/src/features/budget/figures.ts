/** How the figures of a media mix read: revenue is money, orders are counted. */
import type { Mix, MixFigure } from "@/api/planning";
import { count, money, ratio } from "@/lib/format";

/** An outcome of a week or of all weeks. */
export function outcomeText(value: number, mix: Pick<Mix, "outcome" | "currency">, options: { signed?: boolean; compact?: boolean } = {}): string {
  return mix.outcome === "revenue" ? money(value, mix.currency, { whole: true, ...options }) : count(value, { digits: Math.abs(value) < 100 ? 1 : 0, ...options });
}

/** "€3 – €5". */
export function interval(figure: MixFigure, text: (value: number) => string): string {
  return `${text(figure.low)} – ${text(figure.high)}`;
}

/** What money brought: return on ad spend for revenue, cost of one for orders. */
export function worth(returns: MixFigure, mix: Pick<Mix, "outcome" | "currency">): { main: string; range: string } {
  if (mix.outcome === "revenue") return { main: ratio(returns.mean), range: interval(returns, (value) => ratio(value)) };
  const cost = (value: number) => money(value > 0 ? 1 / value : null, mix.currency);
  return { main: cost(returns.mean), range: `${cost(returns.high)} – ${cost(returns.low)}` };
}

/** Where a slider over weekly money begins and ends, and its step: about a hundredth, in round numbers. */
export function sliderRange(present: number, most: number): { min: number; max: number; step: number } {
  const top = Math.max(1, Math.min(most, present > 0 ? present * 2 : most));
  const rough = Math.max(1, top / 100);
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((times) => times * power).find((candidate) => candidate >= rough) ?? power;
  return { min: step, max: Math.max(step, Math.floor(top / step) * step), step };
}

/** Half the width of an interval that holds 90 or 95 % of a normal distribution, in standard errors. */
export const HALF = { "90": 1.644854, "95": 1.959964 } as const;
export type Holds = keyof typeof HALF;

/** A test's standard error from its interval. */
export function standardError(low: number, high: number, holds: Holds): number {
  return (high - low) / (2 * HALF[holds]);
}
