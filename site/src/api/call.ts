import { toApiError, UNREACHABLE } from "./problem";

export interface Asked {
  query?: Record<string, string | number | boolean | undefined>;
  /** Sent as JSON, unless it is a `Blob`. */
  body?: unknown;
  /** Version of what is being replaced, as its `ETag` came. */
  ifMatch?: string | undefined;
  /** Makes a creating request safe to send again. */
  key?: string | undefined;
  signal?: AbortSignal;
}

export interface Answer<T> {
  data: T;
  etag: string | undefined;
}

/** One call of the API at the page's own origin, with the answer's `ETag`. Throws an `ApiError` when it fails. */
export async function ask<T>(method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE", path: string, asked: Asked = {}): Promise<Answer<T>> {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries(asked.query ?? {})) if (value !== undefined && value !== "") query.set(name, String(value));
  const blob = asked.body instanceof Blob;
  const headers = new Headers({ Accept: "application/json" });
  if (asked.body !== undefined) headers.set("Content-Type", blob ? (asked.body as Blob).type || "application/octet-stream" : "application/json");
  if (asked.ifMatch !== undefined) headers.set("If-Match", asked.ifMatch);
  if (asked.key !== undefined) headers.set("Idempotency-Key", asked.key);
  let response: Response;
  try {
    response = await fetch(query.size > 0 ? `${path}?${query}` : path, {
      method,
      credentials: "same-origin",
      headers,
      ...(asked.body === undefined ? {} : { body: blob ? (asked.body as Blob) : JSON.stringify(asked.body) }),
      ...(asked.signal ? { signal: asked.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw UNREACHABLE;
  }
  const text = await response.text();
  let body: unknown = text;
  try {
    body = text === "" ? undefined : JSON.parse(text);
  } catch {
    // Not JSON: a proxy's own page, told as it is.
  }
  if (!response.ok) throw toApiError(response.status, body);
  return { data: body as T, etag: response.headers.get("ETag") ?? undefined };
}

/** The same, for calls whose version does not matter. */
export async function asked<T>(...call: Parameters<typeof ask>): Promise<T> {
  return (await ask<T>(...call)).data;
}

/** A path with its parameters put in, encoded. */
export function at(template: TemplateStringsArray, ...values: string[]): string {
  return template.reduce((path, part, index) => path + encodeURIComponent(values[index - 1] ?? "") + part);
}
