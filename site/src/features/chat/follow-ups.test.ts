import { describe, expect, it } from "vitest";

import type { AnswerColumn } from "@/api/questions";

import { followUps } from "./follow-ups";

const column = (name: string, unit: string): AnswerColumn => ({ name, label: name, unit });
const days = { from: "2026-11-01", to: "2026-11-07" };
const knows = (metric: string) => (metric === "spend" ? ["channel", "campaign"] : ["channel", "device", "country"]);

describe("what can be asked next", () => {
  it("is another cut of the same figure, or the period before", () => {
    expect(followUps({ columns: [column("revenue", "money")], rows: [[1]], days }, knows)).toEqual(["and by channel?", "compared with the period before", "and by day?"]);
    expect(followUps({ columns: [column("channel", "text"), column("revenue", "money")], rows: [["a", 1]], days }, knows)).toEqual(["and by device?", "compared with the period before", "and by country?"]);
  });
  it("is only what the figure can be broken down by", () => {
    expect(followUps({ columns: [column("channel", "text"), column("spend", "money")], rows: [["a", 1]], days }, knows)).toEqual(["and by campaign?", "compared with the period before"]);
  });
  it("offers no second comparison and none over time", () => {
    expect(followUps({ columns: [column("revenue", "money"), column("revenue_previous", "money")], rows: [[1, 2]], days, compared: days }, knows)).toEqual(["and by channel?", "and by device?"]);
    expect(followUps({ columns: [column("bucket", "date"), column("revenue", "money")], rows: [["a", 1]], days }, knows)).toEqual(["and by channel?", "and by device?"]);
  });
  it("is nothing after an answer without rows or days", () => {
    expect([followUps({ columns: [column("revenue", "money")], rows: [], days }, knows), followUps({ columns: [column("n", "value")], rows: [[1]] }, knows)]).toEqual([[], []]);
  });
});
