/** What can be imported, in words, and how far an import is. */
import { type ImportDetail, type ImportKind, type ImportRun, KINDS } from "@/api/imports";
import { bytes } from "@/lib/image";

const MEGABYTE = 1024 * 1024;

export interface KindWords {
  kind: ImportKind;
  label: string;
  /** What it is good for. */
  hint: string;
  /** Where the file comes from. */
  file: string;
  /** Largest file taken, bytes: the API's limit for a body of this kind. */
  most: number;
}

export const KIND_WORDS: readonly KindWords[] = [
  { kind: "ad_spend", label: "Ad spend", hint: "What your ads cost, for ROAS, CPA and MER.", file: "One row a day and campaign. The template shows the columns.", most: 10 * MEGABYTE },
  { kind: "shopify_orders", label: "Shopify orders", hint: "What was sold, and to whom.", file: "In Shopify: Orders, Export, as a plain CSV file.", most: 32 * MEGABYTE },
  { kind: "shopify_customers", label: "Shopify customers", hint: "Who buys, and who may be written to.", file: "In Shopify: Customers, Export, as a plain CSV file.", most: 32 * MEGABYTE },
  { kind: "shopify_products", label: "Shopify products", hint: "What there is to sell, with prices and variants.", file: "In Shopify: Products, Export, as a plain CSV file.", most: 32 * MEGABYTE },
];

export function kindLabel(kind: string): string {
  return KIND_WORDS.find((one) => one.kind === kind)?.label ?? kind.replaceAll("_", " ");
}

export function isKind(kind: unknown): kind is ImportKind {
  return KINDS.some((known) => known === kind);
}

/** Why a file is not even worth sending; null when it is. */
export function unfit(file: { name: string; size: number }, words: KindWords): string | null {
  if (/\.(xlsx?|ods|numbers)$/i.test(file.name)) return "This is a spreadsheet. Save it as CSV (UTF-8) and choose that file.";
  if (/\.(zip|gz)$/i.test(file.name)) return "This is an archive. Unpack it and choose the CSV file inside.";
  if (file.size === 0) return "The file is empty.";
  if (file.size > words.most) return `It has ${bytes(file.size)}; at most ${bytes(words.most)} are taken at once. Split it, for example by month.`;
  return null;
}

/** How much of an import is done, from 0 to 1; null while that cannot be said. Ad spend counts rows, exports bytes. */
export function fraction(run: Pick<ImportRun, "bytes_done" | "bytes_total" | "rows_total" | "rows_loaded" | "rows_rejected" | "status">): number | null {
  if (run.status === "done") return 1;
  if (run.bytes_done > 0 && run.bytes_total > 0) return Math.min(1, run.bytes_done / run.bytes_total);
  const settled = run.rows_loaded + run.rows_rejected;
  return run.rows_total > 0 && settled > 0 ? Math.min(1, settled / run.rows_total) : null;
}

/** How many refused rows the API did not list. */
export function unlisted(detail: Pick<ImportDetail, "errors" | "rows_rejected">): number {
  return Math.max(0, detail.rows_rejected - new Set(detail.errors.map((error) => error.row)).size);
}
