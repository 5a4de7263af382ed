import type { components } from "./schema";

type Problem = components["schemas"]["Problem"];

/** A failed call, in the API's own words where it sent any (RFC 9457). */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when no answer came at all. */
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** What is wrong with which part of the request. */
  readonly fields: { field: string; detail: string }[];

  constructor(problem: { status: number; title: string; detail: string; fields?: { field: string; detail: string }[] }) {
    super(problem.detail || problem.title);
    this.status = problem.status;
    this.title = problem.title;
    this.detail = problem.detail;
    this.fields = problem.fields ?? [];
  }
}

/** Reads whatever an endpoint sent with a failing status. */
export function toApiError(status: number, body: unknown): ApiError {
  const problem = (typeof body === "object" && body !== null ? body : {}) as Partial<Problem>;
  return new ApiError({
    status,
    title: problem.title ?? (status >= 500 ? "The server had a problem" : "The request was refused"),
    detail: problem.detail ?? (typeof body === "string" && body !== "" && body.length < 300 ? body : `It answered with status ${status}.`),
    fields: problem.errors ?? [],
  });
}

export const UNREACHABLE = new ApiError({
  status: 0,
  title: "Adroit cannot be reached",
  detail: "Check your connection; if it is fine, the server may be restarting. Try again in a moment.",
});

/** Title and detail of anything that was thrown. */
export function describe(error: unknown): { title: string; detail: string } {
  if (error instanceof ApiError) return { title: error.title, detail: error.detail };
  return { title: "Something went wrong", detail: error instanceof Error ? error.message : "Try again in a moment." };
}
