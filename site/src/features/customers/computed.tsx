import type { Customers } from "@/api/customers";
import { HowComputed } from "@/components/how-computed";
import { count, percent, plural } from "@/lib/format";

import { MODELS } from "./models";

/** How the figures are computed, with the sources: docs/science.md says the same at length. */
export function Computed({ answer }: { answer: Customers }) {
  const models = answer.outlook?.models;
  const model = MODELS[models?.model ?? "bg_nbd"];
  const tried = answer.holdout?.models ?? [];
  return (
    <HowComputed>
      <dl className="space-y-2.5 [&_dd]:text-muted-foreground [&_dt]:font-medium">
        <div>
          <dt>How often they will buy: {model.name}</dt>
          <dd>
            While they are customers, people buy at a rate of their own, and {model.leave}; both are learnt from everybody’s orders. {model.alive}, with x orders
            after the first, the last at t, seen until T weeks ({model.source}). Several orders on one day are one.{" "}
            {tried.length > 0
              ? `Of BG/NBD, MBG/NBD and Pareto/NBD it is the one that would have foretold best before; BG/NBD, where the others were not better by more than chance.`
              : "The history is too short to compare it with others."}
          </dd>
        </div>
        <div>
          <dt>For how much: Gamma-Gamma</dt>
          <dd>
            Orders vary around a mean of one’s own: expected value = p (v + x m) / (p x + q − 1), m the mean so far (Fader and Hardie, 2013). Month by month,
            orders times value, discounted from the month’s end.
          </dd>
        </div>
        <div>
          <dt>Ranges</dt>
          <dd>
            {percent(answer.level, { digits: 0 })} of {models ? plural(models.draws, "draw") : "the draws"} of what could come: the models’ parameters, each
            customer’s habits, and chance itself. That a model may be wrong is not in them; the look back shows how wrong it was.
          </dd>
        </div>
        <div>
          <dt>Groups</dt>
          <dd>Customers are ranked by their last order and by what they have paid, and divided into fifths (Hughes, 2005); how often is counted.</dd>
        </div>
        <div>
          <dt>Limits</dt>
          <dd>
            Seasons and campaigns are not in it. How often and how much are
            taken as independent. Refunds are not taken off, and an order in another currency counts as an order of nothing. A person is whom visits and sign-ins have shown to be one.
          </dd>
        </div>
      </dl>
      {models ? (
        <p className="text-muted-foreground">
          Learnt from {plural(models.learnt_from, "customer")}:{" "}
          {[...models.repeat, ...models.value].map((one) => `${one.name} ${count(one.value, { digits: one.value < 10 ? 2 : 0 })} (±${percent(one.log_error, { digits: 0 })})`).join(", ")}
          ; weeks and the currency’s smallest unit.
        </p>
      ) : null}
    </HowComputed>
  );
}
