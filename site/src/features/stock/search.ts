/** The stock page's part of the URL. */
import { flag, oneOf, text } from "@/lib/search";

export const SHOWS = ["all", "order", "runs_out", "dead", "unknown", "left_out"] as const;
export type ShowWhich = (typeof SHOWS)[number];

export const SORTS = ["risk", "product", "on_hand", "demand", "cover", "reorder_point", "order_now", "value"] as const;
export type SortBy = (typeof SORTS)[number];

export interface StockSearch {
  q?: string | undefined;
  show?: ShowWhich | undefined;
  sort?: SortBy | undefined;
  reverse?: true | undefined;
  /** The variant whose forecast is open. */
  item?: string | undefined;
}

export function stockSearch(raw: Record<string, unknown>): StockSearch {
  return {
    q: text(raw.q),
    show: oneOf(raw.show, SHOWS, "all"),
    sort: oneOf(raw.sort, SORTS, "risk"),
    reverse: flag(raw.reverse),
    item: text(raw.item, 300),
  };
}
