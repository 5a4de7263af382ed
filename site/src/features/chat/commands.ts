/** What can be typed after a slash: agents, tools, and what they take. */
import type { Agent } from "@/api/agents";
import { inputsOf, type Tool, type ToolInput } from "@/api/tools";

export interface Command {
  /** As it is typed, without the slash: `run analyst`, `analytics_summary`. */
  name: string;
  title: string;
  about: string;
  kind: "agent" | "tool";
  /** Whether it changes something, so that permission is asked first. */
  changes: boolean;
  inputs: ToolInput[];
}

/** Inputs the conversation knows itself. */
const KNOWN = new Set(["site", "idempotency_key", "context_id"]);

/** The agents and tools this person may use, agents first. */
export function commandsOf(agents: readonly Agent[], tools: readonly Tool[], permissions: readonly string[]): Command[] {
  const own = (inputs: ToolInput[]) => inputs.filter((one) => !KNOWN.has(one.name));
  return [
    ...agents
      .filter((agent) => permissions.includes(agent.permission))
      .map((agent): Command => ({ name: `run ${agent.name}`, title: agent.title, about: agent.about, kind: "agent", changes: false, inputs: own(inputsOf({}, agent.input_schema)) })),
    ...tools
      // Agents are started by `/run`, questions are asked as they are.
      .filter((tool) => permissions.includes(tool.permission) && !["agents_run", "query_ask"].includes(tool.name))
      .map((tool): Command => ({ name: tool.name, title: tool.title, about: tool.about, kind: "tool", changes: tool.effect !== "read", inputs: own(tool.inputs) })),
  ];
}

/** Something to put in: it replaces the text from `from` to the caret. */
export interface Offer {
  key: string;
  label: string;
  title: string;
  hint: string;
  insert: string;
  group: "Agents" | "Tools" | "Takes" | "Values";
  changes?: boolean;
  required?: boolean;
}

export interface Offers {
  from: number;
  /** The command that is named already. */
  command: Command | null;
  list: Offer[];
}

const NOTHING: Offers = { from: 0, command: null, list: [] };

/** Most offers in the list. */
const MOST = 60;

/** The command a text names, and where what it is given begins. */
export function commandOf(text: string, commands: readonly Command[]): { command: Command; rest: number } | null {
  for (const command of commands) {
    const head = `/${command.name}`;
    if (text.startsWith(head) && (text.length === head.length || /\s/.test(text.charAt(head.length)))) return { command, rest: head.length };
  }
  return null;
}

/** How well a command fits what is typed; 0 when it does not. */
function fit(command: Command, typed: string): number {
  if (typed === "") return 1;
  const name = command.name.toLowerCase();
  const bare = name.replace(/^run /, "");
  if (name.startsWith(typed) || bare.startsWith(typed)) return 4;
  if (name.split(/[ _]/).some((word) => word.startsWith(typed))) return 3;
  if (command.title.toLowerCase().includes(typed)) return 2;
  return name.includes(typed) ? 1 : 0;
}

/** The words after a command; what stands between quotation marks is one. */
function given(text: string): string[] {
  return text.match(/(?:[^\s"]|"[^"]*"?)+/g) ?? [];
}

/** Quoted where it would be cut otherwise. */
const quoted = (value: string) => (/[\s"]/.test(value) ? `"${value.replaceAll('"', "")}"` : value);

/**
 * What can be put in at the caret. `values` knows the values of an input by its name, beside those it lists itself.
 */
export function offersFor(text: string, caret: number, commands: readonly Command[], values: (input: string) => { value: string; label: string }[]): Offers {
  if (!text.startsWith("/") || caret < 1) return NOTHING;
  const before = text.slice(0, caret);
  const named = commandOf(before, commands);
  if (!named || named.rest === before.length) {
    if (before.includes("\n")) return NOTHING;
    const typed = before.slice(1).toLowerCase();
    const list = commands
      .map((command, at) => ({ command, at, score: fit(command, typed) }))
      .filter((one) => one.score > 0)
      .sort((a, b) => (a.command.kind === b.command.kind ? b.score - a.score || a.at - b.at : a.command.kind === "agent" ? -1 : 1))
      .slice(0, MOST)
      .map(({ command }): Offer => ({
        key: command.name,
        label: `/${command.name}`,
        title: command.title,
        hint: command.about,
        insert: `/${command.name} `,
        group: command.kind === "agent" ? "Agents" : "Tools",
        changes: command.changes,
      }));
    return { from: 0, command: named?.command ?? null, list };
  }
  const { command, rest } = named;
  // A JSON object says all of it.
  if (text.slice(rest).trimStart().startsWith("{")) return { ...NOTHING, command };
  const words = given(before.slice(rest));
  const typing = /\s$/.test(before) && !openQuote(before.slice(rest)) ? "" : (words.at(-1) ?? "");
  const from = caret - typing.length;
  const equals = typing.indexOf("=");
  if (equals > 0) {
    const input = command.inputs.find((one) => one.name === typing.slice(0, equals));
    if (!input) return { ...NOTHING, command };
    const wanted = typing.slice(equals + 1).replaceAll('"', "").toLowerCase();
    const all = [...input.choices.map((value) => ({ value, label: "" })), ...values(input.name)];
    const list = all
      .filter((one) => one.value.toLowerCase().includes(wanted) || one.label.toLowerCase().includes(wanted))
      // Nothing is left to choose where it is typed out.
      .filter((one) => one.value.toLowerCase() !== wanted)
      .slice(0, MOST)
      .map((one): Offer => ({ key: one.value, label: one.label || one.value, title: "", hint: one.label ? one.value : "", insert: `${input.name}=${quoted(one.value)} `, group: "Values" }));
    return { from, command, list };
  }
  const used = new Set(given(text.slice(rest)).map((word) => word.split("=")[0]));
  const list = command.inputs
    .filter((input) => input.name.startsWith(typing) && (!used.has(input.name) || input.name === typing))
    .map((input): Offer => ({ key: input.name, label: `${input.name}=`, title: "", hint: input.about, insert: `${input.name}=`, group: "Takes", required: input.required }));
  return { from, command, list };
}

const openQuote = (text: string) => (text.split('"').length - 1) % 2 === 1;

/** What a command must be given and is not. */
export function missing(text: string, commands: readonly Command[]): string[] {
  const named = commandOf(text.trim(), commands);
  if (!named) return [];
  const rest = text.trim().slice(named.rest);
  if (rest.trimStart().startsWith("{")) return [];
  const used = new Set(given(rest).flatMap((word) => (/^[^=]+=./.test(word) ? [word.split("=")[0]] : [])));
  return named.command.inputs.filter((input) => input.required && !used.has(input.name)).map((input) => input.name);
}

/** How an agent is started from here: at once, or with what it must be given still to be chosen. */
export function startOf(command: Command): { text: string; ready: boolean } {
  const first = command.inputs.find((input) => input.required);
  return first ? { text: `/${command.name} ${first.name}=`, ready: false } : { text: `/${command.name}`, ready: true };
}
