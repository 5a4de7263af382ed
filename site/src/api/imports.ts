/** Uploads of files and what became of them. */
import { queryOptions } from "@tanstack/react-query";

import { asked, at } from "./call";
import type { components } from "./schema";

export type ImportRun = components["schemas"]["Import"];
export type ImportDetail = components["schemas"]["ImportDetail"];

/** What can be uploaded, as an import's `kind` names it. */
export const KINDS = ["ad_spend", "shopify_orders", "shopify_customers", "shopify_products"] as const;
export type ImportKind = (typeof KINDS)[number];

/** An import that has not ended is asked about again every second. */
export const unfinished = (status: string | undefined) => status === "queued" || status === "running";
const POLL = 1000;

export const importsQuery = (site: string) =>
  queryOptions({
    queryKey: ["imports", site],
    queryFn: ({ signal }) => asked<{ rows: ImportRun[] }>("GET", "/imports", { query: { site }, signal }),
    refetchInterval: (query) => (query.state.data?.rows.some((row) => unfinished(row.status)) ? POLL : false),
  });

export const importQuery = (id: string) =>
  queryOptions({
    queryKey: ["import", id],
    queryFn: ({ signal }) => asked<ImportDetail>("GET", at`/imports/${id}`, { signal }),
    refetchInterval: (query) => (unfinished(query.state.data?.status) ? POLL : false),
  });

/** Sends a file. What the browser thinks a CSV file is differs from system to system, so its type is said here. */
export function uploadImport(site: string, kind: ImportKind, file: File): Promise<ImportRun> {
  const body = new Blob([file], { type: "text/csv" });
  const query = { site, file_name: file.name };
  return kind === "ad_spend"
    ? asked<ImportRun>("POST", "/imports/ad-spend", { query, body })
    : asked<ImportRun>("POST", "/imports/shopify", { query: { ...query, kind: kind.slice("shopify_".length) }, body });
}
