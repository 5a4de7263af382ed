import { describe, expect, it } from "vitest";

import { contextOf, fieldsOf } from "./input";

const schema = {
  type: "object",
  required: ["campaign_id"],
  properties: {
    days: { type: "integer", default: 14, description: "Days" },
    campaign_id: { type: "string", description: "Which" },
    budget_daily: { type: "integer", description: "Minor units a day" },
    ad_set_ids: { type: "array" },
    from: { type: "string", format: "date" },
    intents: { type: "array", items: { type: "string" } },
  },
};

describe("an agent's input", () => {
  it("becomes fields, the required ones first, without ids that nobody types", () => {
    expect(fieldsOf(schema).map((field) => [field.name, field.kind, field.label, field.placeholder])).toEqual([
      ["campaign_id", "campaign", "Campaign", ""],
      ["days", "number", "Days", "14"],
      ["budget_daily", "money", "Budget a day", ""],
      ["from", "day", "From", ""],
      ["intents", "texts", "Intents", ""],
    ]);
  });
  it("is sent without what was left empty", () => {
    expect(contextOf(fieldsOf(schema), { campaign_id: "c", days: "7", from: "", intents: [], budget_daily: null })).toEqual({ campaign_id: "c", days: 7 });
  });
});
