import { describe, expect, it } from "vitest";

import { type ChatMessage, toSend } from "@/api/chat";

import { blocksOf, fitting, keyOf, read, spoken, textOf } from "./conversation";

const user = (id: string, text: string): ChatMessage => ({ id, role: "user", parts: [{ type: "text", text }] });
const assistant = (id: string, ...parts: ChatMessage["parts"]): ChatMessage => ({ id, role: "assistant", parts });
const tool = (toolName: string, output: unknown): ChatMessage["parts"][number] => ({ type: "dynamic-tool", toolCallId: "t", toolName, state: "output-available", input: {}, output });

const answered = assistant("a1", { type: "step-start" }, tool("query_ask", { question: "revenue last week", title: "Revenue", rows: [[1], [2]] }), { type: "text", text: "Revenue: 2 rows.", state: "done" });
const run = { id: "r1", agent: "analyst", status: "succeeded", events: [{ number: 1 }], proposals: [] };
const ran = assistant("a2", tool("agents_run", run), { type: "data-run", id: "t", data: run }, { type: "text", text: "All is well." });

describe("what is kept of a conversation", () => {
  it("is its newest part that fits, beginning with what a person said, and runs without their events", () => {
    const all = [user("u1", "x".repeat(500)), answered, user("u2", "/run analyst"), ran];
    const kept = fitting(all, 900);
    expect(kept.map((message) => message.id)).toEqual(["u2", "a2"]);
    expect(JSON.stringify(kept)).not.toContain("events");
    expect(fitting([user("u1", "x".repeat(2000))], 900)).toEqual([]);
    expect(fitting(all).map((message) => message.id)).toEqual(["u1", "a1", "u2", "a2"]);
  });
  it("is read back as it was, and what cannot be read is nothing", () => {
    const kept = { id: "c1", messages: [user("u1", "hello"), answered], draft: "and by" };
    expect(read(JSON.stringify(kept))).toEqual(kept);
    for (const broken of [null, "", "{", "[]", '{"id":"c"}', '{"id":"c","messages":[{"id":"x","role":"system","parts":[]}]}']) expect(read(broken)).toBeNull();
  });
  it("knows that a tool which was under way has no answer to wait for", () => {
    const left = { id: "c1", messages: [user("u1", "q"), assistant("a1", { type: "dynamic-tool", toolCallId: "t", toolName: "query_ask", state: "input-available", input: {} })], draft: "" };
    expect(read(JSON.stringify(left))?.messages[1]?.parts[0]).toMatchObject({ state: "output-error" });
  });
  it("is apart for every tenant, person and site", () => {
    expect(new Set([keyOf("t", "p", "s"), keyOf("t2", "p", "s"), keyOf("t", "p2", "s"), keyOf("t", "p", "s2")]).size).toBe(4);
  });
});

describe("what is sent", () => {
  it("is what was said, decided and asked, without rows and runs", () => {
    const sent = toSend([user("u1", "revenue last week"), answered, ran]);
    expect(sent[1]?.parts).toContainEqual(tool("query_ask", { question: "revenue last week" }));
    expect(JSON.stringify(sent)).not.toMatch(/rows":|events|data-run/);
    expect(toSend(Array.from({ length: 40 }, (_, n) => user(`u${n}`, "x"))).at(-1)?.id).toBe("u39");
  });
});

describe("what a message shows", () => {
  it("is the run or the answer, and the words beside it only where there is nothing else", () => {
    expect(blocksOf(ran)).toEqual([{ kind: "run", id: "r1", agent: "analyst", status: "succeeded" }]);
    expect(blocksOf(answered).map((block) => block.kind)).toEqual(["tool"]);
    expect(blocksOf(assistant("a", { type: "text", text: "You can say: …" }))).toEqual([{ kind: "text", text: "You can say: …" }]);
    expect(blocksOf(assistant("a", { type: "step-start" }))).toEqual([]);
  });
  it("has what waits and what went wrong beside the tool they belong to", () => {
    const waiting = [{ kind: "approval", id: "p", title: "Submit", url: "https://x.test/approvals?id=p" }];
    const [block] = blocksOf(assistant("a", tool("campaigns_submit", {}), { type: "data-waiting", id: "t", data: waiting }, { type: "data-problem", id: "other", data: { status: 422 } }));
    expect(block).toMatchObject({ kind: "tool", waiting, problem: null });
  });
  it("is told in words", () => {
    expect([textOf(answered), spoken(answered, (name) => name), spoken(user("u", "hi"), (name) => name)]).toEqual(["Revenue: 2 rows.", "Revenue: 2 rows.", ""]);
    const asks = assistant("a", { type: "dynamic-tool", toolCallId: "t", toolName: "inbox_dismiss", state: "approval-requested", input: {}, approval: { id: "s" } });
    expect(spoken(asks, () => "Dismiss")).toMatch(/^Dismiss: .*permission/);
  });
});
