/** An agent's input as its JSON Schema describes it, in the terms of a form. */

export interface InputField {
  name: string;
  label: string;
  hint: string;
  kind: "campaign" | "choice" | "money" | "day" | "instant" | "number" | "texts" | "text" | "words";
  required: boolean;
  choices: string[];
  placeholder: string;
}

/** Ids nobody types: left out, the agent takes all there are. */
const HIDDEN = new Set(["ad_set_ids", "channel_ids", "list_id"]);

/** Where a name alone would read oddly. */
const LABELS: Record<string, string> = { budget_daily: "Budget a day", budget_total: "Budget altogether", landing_url: "Landing page", start_at: "Starts", end_at: "Ends", variants: "Variants" };

const capital = (text: string) => text.replace(/^./, (letter) => letter.toUpperCase());

/** The fields in the schema's order, the required ones first. */
export function fieldsOf(schema: Record<string, unknown>): InputField[] {
  const properties = (schema.properties ?? {}) as Record<string, Record<string, unknown>>;
  const required = Array.isArray(schema.required) ? (schema.required as string[]) : [];
  const fields = Object.entries(properties)
    .filter(([name]) => !HIDDEN.has(name))
    .map(([name, property]): InputField => {
      const description = typeof property.description === "string" ? property.description : "";
      const choices = Array.isArray(property.enum) ? property.enum.map(String) : [];
      const kind =
        name === "campaign_id"
          ? "campaign"
          : choices.length
            ? "choice"
            : /^budget/.test(name)
              ? "money"
              : /_at$/.test(name)
                ? "instant"
                : property.format === "date"
                  ? "day"
                  : property.type === "integer" || property.type === "number"
                    ? "number"
                    : property.type === "array"
                      ? "texts"
                      : name === "brief"
                        ? "words"
                        : "text";
      return {
        name,
        label: LABELS[name] ?? capital(name.replace(/_id$/, "").replaceAll("_", " ")),
        hint: capital(description.replace(/^Minor units (a day )?/, "").replace(/^UTC ms$/, "")),
        kind,
        required: required.includes(name),
        choices,
        placeholder: property.default === undefined ? "" : String(property.default),
      };
    });
  return [...fields.filter((field) => field.required), ...fields.filter((field) => !field.required)];
}

/** What is sent: numbers as numbers, nothing for what was left empty. */
export function contextOf(fields: readonly InputField[], values: Record<string, unknown>): Record<string, unknown> {
  const context: Record<string, unknown> = {};
  for (const { name, kind } of fields) {
    const value = values[name];
    if (value === undefined || value === null || value === "" || (Array.isArray(value) && value.length === 0)) continue;
    context[name] = kind === "number" ? Number(value) : value;
  }
  return context;
}
