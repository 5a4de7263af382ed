import { describe, expect, it } from "vitest";

import type { Agent } from "@/api/agents";
import type { Tool } from "@/api/tools";

import { commandsOf, missing, offersFor, startOf } from "./commands";

const agent = (name: string, required: string[], permission = "run_agents"): Agent => ({
  name,
  title: `${name} agent`,
  about: "It works.",
  permission,
  input_schema: { type: "object", required, properties: { from: { type: "string", description: "First day." }, campaign_id: { type: "string", description: "Which." }, context_id: { type: "string" } } },
});
const tool = (name: string, effect: Tool["effect"], inputs: Tool["inputs"] = [], permission = "read_analytics"): Tool => ({ name, title: name.replaceAll("_", " "), about: "Does it.", effect, destructive: false, permission, inputs });
const input = (name: string, required = false, choices: string[] = []) => ({ name, about: "", required, choices });

const commands = commandsOf(
  [agent("analyst", []), agent("pacer", ["campaign_id"]), agent("hidden", [], "manage_team")],
  [
    tool("analytics_summary", "read", [input("site"), input("compare", false, ["previous", "none"]), input("from")]),
    tool("inbox_dismiss", "write", [input("id", true)]),
    tool("query_ask", "read"),
    tool("audit_list", "read", [], "read_audit"),
  ],
  ["run_agents", "read_analytics"],
);
const campaigns = (name: string) => (name === "campaign_id" ? [{ value: "c-1", label: "Spring sale" }] : []);
const at = (text: string) => offersFor(text, text.length, commands, campaigns);
const keys = (text: string) => at(text).list.map((offer) => offer.key);

describe("what is offered after a slash", () => {
  it("is what this person may use, the agents first", () => {
    expect(keys("/")).toEqual(["run analyst", "run pacer", "analytics_summary", "inbox_dismiss"]);
    expect(at("/").list.find((offer) => offer.key === "inbox_dismiss")?.changes).toBe(true);
    expect([keys("revenue"), keys(""), keys(" /")]).toEqual([[], [], []]);
  });
  it("is what fits what is typed, wherever in the name", () => {
    expect(keys("/ana")).toEqual(["run analyst", "analytics_summary"]);
    expect(keys("/summ")).toEqual(["analytics_summary"]);
    expect(keys("/run p")).toEqual(["run pacer"]);
    expect(keys("/nothing")).toEqual([]);
  });
  it("goes on with what the command takes, each once, without what the page knows", () => {
    expect(keys("/run analyst ")).toEqual(["from", "campaign_id"]);
    expect(keys("/run analyst from=2026-01-01 ")).toEqual(["campaign_id"]);
    expect(keys("/analytics_summary c")).toEqual(["compare"]);
    expect(at("/analytics_summary c")).toMatchObject({ from: "/analytics_summary ".length });
  });
  it("and with the values there are", () => {
    expect(keys("/analytics_summary compare=")).toEqual(["previous", "none"]);
    expect(keys("/analytics_summary compare=pre")).toEqual(["previous"]);
    expect(keys("/analytics_summary compare=previous")).toEqual([]);
    expect(at("/run pacer campaign_id=spr").list).toMatchObject([{ label: "Spring sale", insert: "campaign_id=c-1 " }]);
    expect(keys("/analytics_summary nothing=")).toEqual([]);
  });
  it("stops where a JSON object says it all", () => {
    expect(keys('/analytics_summary {"compare": ')).toEqual([]);
  });
});

describe("a command", () => {
  it("says what it must still be given", () => {
    expect(missing("/run pacer", commands)).toEqual(["campaign_id"]);
    expect(missing("/run pacer campaign_id=", commands)).toEqual(["campaign_id"]);
    expect(missing("/run pacer campaign_id=c-1", commands)).toEqual([]);
    expect([missing('/inbox_dismiss {"id": 1}', commands), missing("what?", commands)]).toEqual([[], []]);
  });
  it("is started at once or with what is missing to be chosen", () => {
    expect(commands.slice(0, 2).map(startOf)).toEqual([
      { text: "/run analyst", ready: true },
      { text: "/run pacer campaign_id=", ready: false },
    ]);
  });
});
