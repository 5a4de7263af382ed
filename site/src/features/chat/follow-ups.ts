/** What can be asked next of an answer, in words that only make sense after it. */
import type { QuestionAnswer } from "@/api/questions";

/** Dimensions people ask for first. */
const DIMENSIONS = ["channel", "device", "country", "campaign"];

/** Most that are offered. */
const MOST = 3;

/** `dimensionsOf` knows what a metric can be broken down by. */
export function followUps(answer: Pick<QuestionAnswer, "columns" | "rows" | "compared" | "days">, dimensionsOf: (metric: string) => readonly string[]): string[] {
  const figures = answer.columns.filter((column) => column.unit !== "text" && column.unit !== "date" && !column.name.endsWith("_previous"));
  if (!answer.days || answer.rows.length === 0 || figures.length === 0) return [];
  const over = answer.columns.some((column) => column.unit === "date");
  const by = answer.columns.filter((column) => column.unit === "text").map((column) => column.name);
  const fits = DIMENSIONS.filter((one) => !by.includes(one) && figures.every((column) => dimensionsOf(column.name).includes(one)));
  const [first, second] = fits.map((one) => `and by ${one}?`);
  const time = over ? undefined : "and by day?";
  const compared = answer.compared || over ? undefined : "compared with the period before";
  return [first, compared, by.length > 0 || answer.compared ? second : time, second].filter((one, at, all): one is string => one !== undefined && all.indexOf(one) === at).slice(0, MOST);
}
