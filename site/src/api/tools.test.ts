import { readFileSync } from "node:fs";

import { describe, expect, it } from "vitest";

import { toolsOf } from "./tools";

const document: unknown = JSON.parse(readFileSync(new URL("openapi.json", import.meta.url), "utf8"));

describe("the tools of the API's document", () => {
  const tools = toolsOf(document);
  const tool = (name: string) => tools.find((one) => one.name === name);

  it("are all there, each with its permission and a sentence about it", () => {
    expect(tools.length).toBeGreaterThan(40);
    expect(tools.filter((one) => !one.permission || !one.about || !one.title)).toEqual([]);
  });
  it("take what stands in the path, the query and the body, without the key that makes a call repeatable", () => {
    expect(tool("inbox_dismiss")).toMatchObject({ effect: "write", inputs: [{ name: "id", required: true }] });
    expect(tool("analytics_summary")?.inputs.find((one) => one.name === "compare")?.choices).toEqual(["previous", "none"]);
    expect(tool("query_ask")?.inputs.map((one) => [one.name, one.required])).toContainEqual(["question", true]);
    expect(tool("campaigns_update")?.inputs.map((one) => one.name)).toContain("if_match");
  });
  it("say which change something for good", () => {
    expect([tool("campaigns_end")?.destructive, tool("campaigns_submit")?.effect, tool("kpis")?.effect]).toEqual([true, "approval", "read"]);
  });
  it("are none in what is no document", () => {
    expect([toolsOf(null), toolsOf({ paths: { "/a": { get: { "x-tool": 1 } } } })]).toEqual([[], []]);
  });
});
