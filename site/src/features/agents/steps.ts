/** What happened in a run, as lines for people. */
import type { RunEvent } from "@/api/agents";
import { count } from "@/lib/format";

export interface Step {
  number: number;
  at: number;
  text: string;
  detail: string;
  /** What a model wrote, or has written so far. */
  written: string;
  tone: "plain" | "good" | "bad" | "warning";
  /** Whether it is still under way, as far as the events tell. */
  open: boolean;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");
const number = (value: unknown) => (typeof value === "number" ? value : 0);
const texts = (value: unknown) => (Array.isArray(value) ? value.filter((one): one is string => typeof one === "string") : []);

/** Costs in millionths of a US dollar: "$0.0042"; nothing for a model that costs nothing. */
export function cost(micros: number): string {
  if (micros <= 0) return "";
  const dollars = micros / 1e6;
  return dollars < 0.0001 ? "under $0.0001" : `$${dollars.toFixed(dollars < 0.1 ? 4 : 2)}`;
}

function scrubbed(value: unknown): string {
  if (typeof value !== "object" || value === null) return "";
  const kinds = Object.entries(value).filter((pair): pair is [string, number] => typeof pair[1] === "number" && pair[1] > 0);
  return kinds.length ? `Taken out before it was sent: ${kinds.map(([kind, times]) => `${times} × ${kind.replaceAll("_", " ")}`).join(", ")}.` : "";
}

const words = (name: string) => name.replaceAll("_", " ");

/** Events by their number, each once. What was asked for and has come is one line, as is a model's call and answer. */
export function stepsOf(events: readonly RunEvent[]): Step[] {
  const steps: Step[] = [];
  const known = new Map(events.map((event) => [event.number, event]));
  for (const { number: at, type, data, at: time } of [...known.values()].sort((a, b) => a.number - b.number)) {
    const push = (line: string, part: Partial<Step> = {}) => steps.push({ number: at, at: time, text: line, detail: "", written: "", tone: "plain", open: false, ...part });
    const last = steps.at(-1);
    switch (type) {
      case "started":
        push(data.resumed === true ? "Went on after an interruption" : "Started");
        break;
      case "need":
        push(`Reads ${text(data.text)}`, { open: true });
        break;
      case "data": {
        const asked = steps.findLast((step) => step.open && step.text === `Reads ${text(data.text)}`);
        if (asked) Object.assign(asked, { open: false, text: `Read ${text(data.text)}` });
        else push(`Read ${text(data.text)}`);
        break;
      }
      case "model_call":
        push(`Asked ${text(data.model) || "the model"}${text(data.task) ? `: ${words(text(data.task))}` : ""}${data.repeated === true ? ", again, since the call before was cut off" : ""}`, { open: true, detail: scrubbed(data.scrubbed) });
        break;
      case "text_delta":
        if (last?.open) last.written += text(data.text);
        else push("The model writes", { open: true, written: text(data.text) });
        break;
      case "model_answer": {
        const tools = texts(data.tools);
        const used = [
          data.cached === true ? "kept from an equal request" : "",
          number(data.tokens_in) + number(data.tokens_out) > 0 ? `${count(number(data.tokens_in))} tokens read, ${count(number(data.tokens_out))} written` : "",
          cost(number(data.cost_micros)),
          tools.length ? `wants ${tools.map(words).join(", ")}` : "",
        ].filter(Boolean);
        const line = { written: text(data.text), open: false };
        const detail = used.join(" · ");
        if (last?.open) Object.assign(last, line, { detail: [last.detail, detail].filter(Boolean).join(" ") });
        else push(`${text(data.model) || "The model"} answered`, { ...line, detail });
        break;
      }
      case "guard":
        push("Refused by a guardrail", { tone: "warning", detail: texts(data.reasons).join(" ") });
        break;
      case "retry":
        push(`Attempt ${number(data.attempt)} failed and is repeated`, { tone: "warning", detail: text(data.reason) });
        break;
      case "proposal":
        push(`Proposed: ${text(data.title)}`, { tone: "good" });
        break;
      case "acted":
        push(text(data.text));
        break;
      case "succeeded":
        push("Done", { tone: "good", detail: text(data.title) });
        break;
      case "failed":
        push("Failed", { tone: "bad", detail: text(data.reason) });
        break;
      case "cancelled":
        push("Cancelled", { tone: "warning" });
        break;
    }
  }
  return steps;
}

/** A model's JSON indented; anything else, and what is not complete yet, as it came. */
export function legible(written: string): string {
  try {
    return JSON.stringify(JSON.parse(written), null, 2);
  } catch {
    return written;
  }
}
