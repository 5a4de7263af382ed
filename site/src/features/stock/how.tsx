import type { Stock } from "@/api/stock";
import { HowComputed } from "@/components/how-computed";
import { percent, plural } from "@/lib/format";

/** How the figures are computed, with the sources and the limits: docs/science.md says the same at length. */
export function How({ stock }: { stock: Stock }) {
  const { terms } = stock;
  const until = terms.lead_days + terms.review_days;
  return (
    <HowComputed>
      <p>
        Each variant’s units a day, from its first sale on, days without a sale as zeros. Cancelled and voided orders are left out; refunded ones count, since the
        goods had left. What sells on few days is forecast by Croston’s method and that of Teunter, Syntetos and Babai; the rest by ARIMA, exponential smoothing and
        their kin; the middle of what they say is taken.
      </p>
      <p>
        Products and the shop are forecast too. Then all are changed as little as their own errors allow so that variants add up to products and products to the
        shop (trace minimisation, MinT; Wickramasuriya and others, 2019).
      </p>
      <p className="bg-muted rounded-md px-3 py-2 font-mono text-xs">
        μ = Σ forecast over {plural(until, "day")} ({terms.lead_days} + {terms.review_days})
        <br />
        v = s² · days · (1 + days / remembered)
        <br />
        order at = fewest units with P(demand ≤ units) ≥ {percent(terms.service_level, { compact: true, digits: 1 })}
        <br />
        order now = order at − on hand
      </p>
      <p>
        An order placed now arrives after {plural(terms.lead_days, "day")}, the next can be placed {plural(terms.review_days, "day")} later: until that one arrives,
        what is there has to suffice (Silver, Pyke & Thomas, 2017). s is how far a day’s sales strayed from earlier forecasts; “remembered” is the days a forecast’s
        level rests on, at most 60. Demand is counted in whole units by the distribution its mean and variance allow: negative binomial, Poisson or binomial (Adan and
        others, 1995). For what is sold out already, the chance to run out is that somebody asks for it meanwhile.
      </p>
      {terms.order_cost == null ? null : <p>With what an order costs, no order is smaller than √(2 · year’s demand · order cost / holding cost a unit) (Harris, 1913).</p>}
      <p className="text-muted-foreground">
        Limits: a day on which a variant was sold out counts as a day without demand. Only the week’s rhythm is learnt, not the year’s. Orders that are already on their
        way are not known: take them off what to order.
      </p>
    </HowComputed>
  );
}
