import createClient from "openapi-fetch";

import { toApiError, UNREACHABLE } from "./problem";
import type { paths } from "./schema";

/**
 * The typed client of the API, at the page's own origin. Some page routes share a path with an API route; the server
 * tells them apart by `Accept`, so every call asks for JSON.
 */
export const client = createClient<paths>({
  baseUrl: "",
  credentials: "same-origin",
  headers: { Accept: "application/json" },
});

/** The body of a successful call. Throws an `ApiError` for everything else. */
export async function unwrap<T>(call: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  let result: { data?: T; error?: unknown; response: Response };
  try {
    result = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw UNREACHABLE;
  }
  if (!result.response.ok) throw toApiError(result.response.status, result.error);
  return result.data as T;
}
