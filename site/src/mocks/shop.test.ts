import { expect, it } from "vitest";

import type { Channels, Summary, TimeSeries } from "@/api/types";

import { answer } from "./answer";

async function get<T>(path: string): Promise<T> {
  const response = await answer(new Request(`http://localhost${path}`));
  if (!response?.ok) throw new Error(`${path}: ${response?.status ?? "no answer"}`);
  return (await response.json()) as T;
}

const RANGE = "from=2026-11-01&to=2026-11-20";

it("the invented shop's tiles, chart and table agree", async () => {
  const summary = await get<Summary>(`/analytics/summary?${RANGE}&compare=previous`);
  const series = await get<TimeSeries>(`/analytics/timeseries?${RANGE}&metric=revenue&gran=d&by=channel`);
  const total = series.points.reduce((sum, point) => sum + (point.value ?? 0), 0);
  expect(series.points).toHaveLength(20);
  expect(total).toBe(summary.metrics.revenue);
  for (const model of ["first_touch", "last_touch", "linear"]) {
    const channels = await get<Channels>(`/attribution/channels?${RANGE}&model=${model}&by=channel`);
    const credited = channels.rows.reduce((sum, row) => sum + row.value, 0);
    expect(Math.abs(credited - (summary.metrics.revenue ?? 0))).toBeLessThan(channels.rows.length);
  }
  expect(summary.previous?.revenue).not.toBe(summary.metrics.revenue);
});

it("an empty shop is empty and a broken one says why", async () => {
  const ask = (state: string) => answer(new Request(`http://localhost/analytics/summary?${RANGE}`, { headers: { cookie: `mock=${state}` } }));
  const empty = (await (await ask("empty"))?.json()) as Summary;
  expect(empty.metrics.revenue).toBe(0);
  expect(empty.metrics.cvr).toBeNull();
  const broken = await ask("error");
  expect(broken?.status).toBe(503);
  expect(await broken?.json()).toMatchObject({ title: "Temporarily unavailable" });
});
