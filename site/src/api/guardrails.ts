import { queryOptions } from "@tanstack/react-query";

import { ask } from "./call";
import type { Guardrails } from "./loop-types";

/** The tenant's limits with their version. The shell reads them too: while spending is stopped, every page says so. */
export const guardrailsQuery = queryOptions({
  queryKey: ["guardrails"],
  queryFn: ({ signal }) => ask<Guardrails>("GET", "/guardrails", { signal }),
  refetchInterval: 60_000,
});
