import { addDays } from "@/lib/dates";

/** A file that imports as it is: the columns in order, with two days as an example. */
export function template(currency: string, today: string): string {
  const rows = [
    ["date", "source", "medium", "campaign", "impressions", "clicks", "spend", "currency"],
    [addDays(today, -2), "google", "cpc", "brand-search", "4120", "231", "148.20", currency],
    [addDays(today, -1), "facebook", "paid-social", "autumn-prospecting", "18230", "264", "187.45", currency],
  ];
  return rows.map((row) => `${row.join(",")}\n`).join("");
}
