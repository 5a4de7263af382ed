import type { RepeatModel } from "@/api/customers";

/** What the models of repeat purchases are called, and where they come from. */
export const MODELS: Record<RepeatModel, { name: string; leave: string; alive: string; source: string }> = {
  bg_nbd: {
    name: "BG/NBD",
    leave: "after each order but the first they leave with a chance of their own",
    alive: "Still a customer = 1 / (1 + a / (b + x − 1) · ((α + T) / (α + t))^(r + x)); who bought once is one for good",
    source: "Fader, Hardie and Lee, 2005",
  },
  mbg_nbd: {
    name: "MBG/NBD",
    leave: "after each order, the first one included, they leave with a chance of their own",
    alive: "Still a customer = 1 / (1 + a / (b + x) · ((α + T) / (α + t))^(r + x))",
    source: "Batislam, Denizel and Filiztekin, 2007",
  },
  pareto_nbd: {
    name: "Pareto/NBD",
    leave: "they leave at any time, at a rate of their own",
    alive: "Still a customer = 1 / (1 + s / (r + s + x) · (α + T)^(r + x) · (β + T)^s · A₀), A₀ a difference of two hypergeometric series",
    source: "Schmittlein, Morrison and Colombo, 1987",
  },
};
