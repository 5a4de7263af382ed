/** The tools of the product: every operation of the API that carries `x-tool`, read from its OpenAPI document. */
import { queryOptions } from "@tanstack/react-query";

import { asked } from "./call";

/** One input of a tool or an agent. */
export interface ToolInput {
  name: string;
  about: string;
  required: boolean;
  /** The values it takes, where they are listed. */
  choices: string[];
}

export interface Tool {
  name: string;
  title: string;
  /** What it does, in a sentence. */
  about: string;
  effect: "read" | "write" | "approval";
  /** Whether it cannot be taken back. */
  destructive: boolean;
  /** What the caller must be allowed, as in `me.permissions`. */
  permission: string;
  inputs: ToolInput[];
}

type Json = Record<string, unknown>;

const object = (value: unknown): Json => (typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {});
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);
const text = (value: unknown): string => (typeof value === "string" ? value : "");

/** Follows `$ref`s; a document that refers to itself is followed a few times only. */
function resolved(document: Json, value: unknown): Json {
  let found = object(value);
  for (let steps = 0; steps < 8 && typeof found.$ref === "string"; steps += 1) {
    const { $ref, ...own } = found;
    const target = ($ref as string)
      .slice(2)
      .split("/")
      .reduce<unknown>((at, key) => object(at)[key], document);
    found = { ...object(target), ...own };
  }
  return found;
}

/** The first sentence, in one line. */
const sentence = (words: string) => words.replaceAll(/\s+/g, " ").split(/(?<=[.!?]) /)[0] ?? "";

const input = (document: Json, name: string, about: string, required: boolean, schema: unknown): ToolInput => {
  const shape = resolved(document, schema);
  return { name, about: sentence(about || text(shape.description)), required, choices: list(shape.enum).filter((one): one is string => typeof one === "string") };
};

/** Inputs as a JSON Schema lists them, the required ones first. */
export function inputsOf(document: Json, schema: unknown): ToolInput[] {
  const shape = resolved(document, schema);
  const required = list(shape.required);
  const inputs = Object.entries(object(shape.properties)).map(([name, property]) => input(document, name, text(object(property).description), required.includes(name), property));
  return [...inputs.filter((one) => one.required), ...inputs.filter((one) => !one.required)];
}

/** The tools of a document, by name. A body's fields are inputs of their own, as they are for every other caller. */
export function toolsOf(document: unknown): Tool[] {
  const root = object(document);
  const tools = Object.values(object(root.paths)).flatMap((path) =>
    Object.values(object(path)).flatMap((operation): Tool[] => {
      const { "x-tool": declared, "x-permission": permission, parameters, requestBody, summary, description } = object(operation);
      const tool = object(declared);
      if (!text(tool.name)) return [];
      const inputs = list(parameters)
        .map((parameter) => resolved(root, parameter))
        .filter((parameter) => text(parameter.name).toLowerCase() !== "idempotency-key")
        .map((parameter) => input(root, text(parameter.name).toLowerCase().replaceAll("-", "_"), text(parameter.description), parameter.required === true, parameter.schema));
      const body = object(object(object(resolved(root, requestBody).content)["application/json"]).schema);
      const effect = text(tool.effect);
      return [
        {
          name: text(tool.name),
          title: text(tool.title),
          about: sentence(text(tool.description) || text(summary) || text(description)),
          effect: effect === "write" || effect === "approval" ? effect : "read",
          destructive: tool.destructive === true,
          permission: text(permission),
          inputs: [...inputs, ...inputsOf(root, body)],
        },
      ];
    }),
  );
  return tools.sort((a, b) => (a.name < b.name ? -1 : 1));
}

export const toolsQuery = queryOptions({
  queryKey: ["tools"],
  queryFn: async ({ signal }) => toolsOf(await asked<unknown>("GET", "/openapi.json", { signal })),
  staleTime: Infinity,
});
