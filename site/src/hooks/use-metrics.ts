import { useQuery } from "@tanstack/react-query";
import { useCallback } from "react";

import { metricsQuery } from "@/api/queries";
import type { Metric } from "@/api/types";

/** The metric catalog, by id. Until it is here (and for ids it lacks) the id itself is the label. */
export function useMetrics(): { all: Metric[]; get: (id: string) => Metric } {
  const { data } = useQuery(metricsQuery);
  const get = useCallback(
    (id: string): Metric =>
      data?.rows.find((metric) => metric.id === id) ?? {
        id,
        label: FALLBACK[id] ?? id,
        description: "",
        formula: "",
        unit: "count",
        better: "none",
        dimensions: [],
      },
    [data],
  );
  return { all: data?.rows ?? [], get };
}

/** Names of the tiles while the catalog is on its way, so that labels do not jump. */
const FALLBACK: Record<string, string> = {
  revenue: "Revenue",
  spend: "Spend",
  roas: "ROAS",
  mer: "MER",
  orders: "Orders",
  aov: "AOV",
  sessions: "Sessions",
  cvr: "CVR",
  ctr: "CTR",
  cpa: "CPA",
};
