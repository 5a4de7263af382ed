import { describe, expect, it } from "vitest";

import { readable } from "./results";

const METRICS: Record<string, { label: string; unit: string }> = { revenue: { label: "Revenue", unit: "money" }, cvr: { label: "Conversion rate", unit: "percent" } };
const reading = { currency: "EUR", zone: "UTC", metric: (id: string) => METRICS[id] ?? null };

describe("a tool's answer", () => {
  it("is figures where it holds metrics, with what they are compared with", () => {
    const { facts, rows } = readable({ from: "2026-11-01", currency: "EUR", metrics: { revenue: 120_050, cvr: 0.031, odd: 1 }, previous: { revenue: 100_000 } }, reading);
    expect(facts).toEqual([
      { name: "From", text: "2026-11-01" },
      { name: "Revenue", text: "€1,200.50", before: "€1,000.00" },
      { name: "Conversion rate", text: "3.10%" },
    ]);
    expect(rows).toEqual([]);
  });
  it("is a table of what says most, without ids, amounts in its own currency", () => {
    const result = readable({ currency: "USD", rows: [{ id: "x", note: "", key: "email", metrics: { revenue: 500 } }, { id: "y", key: "sms", at: null, metrics: { revenue: null } }] }, reading);
    expect([result.columns, result.rows, result.total]).toEqual([["Key", "Revenue"], [["email", "$5.00"], ["sms", "–"]], 2]);
  });
  it("is nothing to show where there is nothing", () => {
    for (const output of [null, undefined, "", 4, [], {}]) expect(readable(output, reading)).toEqual({ facts: [], columns: [], rows: [], total: 0 });
  });
  it("shows at most fifty rows and counts them all", () => {
    const result = readable({ rows: Array.from({ length: 80 }, (_, n) => ({ name: `n${n}` })) }, reading);
    expect([result.rows.length, result.total]).toEqual([50, 80]);
  });
});
