import { ApiError, describe } from "@/api/problem";

/** Words as a sentence of their own: a capital at its beginning, one full stop at its end. */
export const sentence = (words: string) => words.charAt(0).toUpperCase() + words.slice(1) + (/[.!?]$/.test(words) ? "" : ".");

/** What was refused, as a sentence: what is wrong with the fields where these are named, without their pointers. */
export function refusal(error: unknown): string {
  if (error instanceof ApiError && error.fields.length > 0) return error.fields.map((one) => sentence(one.detail)).join(" ");
  return sentence(describe(error).detail);
}
