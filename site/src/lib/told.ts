import { toast } from "sonner";

import { ApiError, describe } from "@/api/problem";

/** Tells a failed write in the API's own words; what is wrong with which field follows. */
export function tell(error: unknown): void {
  const { title, detail } = describe(error);
  const fields = error instanceof ApiError ? error.fields.map((field) => field.detail).filter((text) => !detail.includes(text)) : [];
  toast.error(title, { description: [detail, ...fields].join(" ") });
}

/** Whether somebody else changed the same thing meanwhile. */
export function isConflict(error: unknown): boolean {
  return error instanceof ApiError && (error.status === 412 || error.status === 428);
}
