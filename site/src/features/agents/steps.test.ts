import { describe, expect, it } from "vitest";

import type { RunEvent } from "@/api/agents";

import { cost, legible, stepsOf } from "./steps";

const event = (number: number, type: string, data: Record<string, unknown> = {}): RunEvent => ({ number, type, data, at: number });

describe("the steps of a run", () => {
  it("join a need and what came, in the order of their numbers, each once", () => {
    const steps = stepsOf([event(3, "data", { text: "the site" }), event(1, "started", { resumed: false }), event(2, "need", { text: "the site" }), event(2, "need", { text: "the site" })]);
    expect(steps.map((step) => [step.text, step.open])).toEqual([
      ["Started", false],
      ["Read the site", false],
    ]);
  });
  it("gather a model's text while it comes and replace it by the answer", () => {
    const coming = [event(1, "model_call", { model: "m-1", task: "report" }), event(2, "text_delta", { text: "{\"a\"" }), event(3, "text_delta", { text: ":1" })];
    expect(stepsOf(coming)).toMatchObject([{ text: "Asked m-1: report", written: '{"a":1', open: true }]);
    const answered = stepsOf([...coming, event(4, "model_answer", { model: "m-1", text: '{"a":1}', tools: [], tokens_in: 1200, tokens_out: 30, cost_micros: 4200, cached: false })]);
    expect(answered).toMatchObject([{ written: '{"a":1}', open: false, detail: "1,200 tokens read, 30 written · $0.0042" }]);
  });
  it("say why something was refused or failed", () => {
    expect(stepsOf([event(1, "guard", { reasons: ["a", "b"] }), event(2, "failed", { reason: "no" })]).map((step) => [step.tone, step.detail])).toEqual([
      ["warning", "a b"],
      ["bad", "no"],
    ]);
  });
  it("show costs only where there are any, and JSON indented only when it is whole", () => {
    expect([cost(0), cost(12), cost(150_000)]).toEqual(["", "under $0.0001", "$0.15"]);
    expect([legible('{"a":1}'), legible('{"a":')]).toEqual(['{\n  "a": 1\n}', '{"a":']);
  });
});
