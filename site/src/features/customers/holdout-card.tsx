import type { Holdout, HoldoutModel } from "@/api/customers";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { count, percent, plural } from "@/lib/format";

import { MODELS } from "./models";

/** The same models at an earlier day, against what came since. */
export function HoldoutCard({ holdout, level }: { holdout: Holdout; level: number }) {
  const { foretold, came, off } = holdout;
  const tried = holdout.models ?? [];
  const inside = came >= foretold.low && came <= foretold.high;
  const cell = "py-1.5 pl-3 text-right";
  return (
    <Card aria-label="Would it have been right before?">
      <CardHeader className="pt-4">
        <div>
          <CardTitle>Would it have been right before?</CardTitle>
          <CardDescription className="mt-0.5 text-pretty">
            From the orders until {holdout.learnt_until} alone, {count(foretold.mean, { digits: 0 })} orders would have been foretold for the{" "}
            {plural(holdout.days, "day")} since ({count(foretold.low, { digits: 0 })} to {count(foretold.high, { digits: 0 })} with{" "}
            {percent(level, { digits: 0 })}). {count(came)} came{off == null ? "" : `: ${percent(Math.abs(off), { digits: 0 })} too ${off < 0 ? "low" : "high"}`}
            {inside ? ", inside the range." : ", outside the range."}
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="space-y-4 pt-1">
        <table aria-label="Foretold and came, by how often customers had come back" className="tabular w-full text-[0.8125rem]">
          <thead>
            <tr className="text-muted-foreground text-xs">
              <th scope="col" className="pb-1 text-left font-medium">
                Had come back
              </th>
              <th scope="col" className="pb-1 pl-3 text-right font-medium">
                Customers
              </th>
              <th scope="col" className="pb-1 pl-3 text-right font-medium">
                Foretold each
              </th>
              <th scope="col" className="pb-1 pl-3 text-right font-medium">
                Came each
              </th>
            </tr>
          </thead>
          <tbody>
            {holdout.groups.map((group) => (
              <tr key={group.returns} className="[&>*]:border-t">
                <th scope="row" className="py-1.5 text-left font-normal">
                  {group.returns === 0 ? "never" : group.or_more ? `${group.returns} times or more` : group.returns === 1 ? "once" : `${group.returns} times`}
                </th>
                <td className={cell}>{count(group.customers)}</td>
                <td className={cell}>{count(group.foretold, { digits: 2 })}</td>
                <td className={cell}>{count(group.came, { digits: 2 })}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {tried.length > 0 ? <Tried tried={tried} came={came} /> : null}
      </CardContent>
    </Card>
  );
}

/** The models beside each other: the one that foretold best is in use. */
function Tried({ tried, came }: { tried: HoldoutModel[]; came: number }) {
  const chosen = tried.find((one) => one.chosen);
  const cell = "py-1.5 pl-3 text-right";
  return (
    <div className="space-y-2">
      <table aria-label="How the models would have foretold" className="tabular w-full text-[0.8125rem]">
        <thead>
          <tr className="text-muted-foreground text-xs">
            <th scope="col" className="pb-1 text-left font-medium">
              Model
            </th>
            <th scope="col" className="pb-1 pl-3 text-right font-medium">
              Foretold of {count(came)}
            </th>
            <th scope="col" className="pb-1 pl-3 text-right font-medium">
              Error a customer
            </th>
            <th scope="col" className="pb-1 pl-3 text-right font-medium">
              Against BG/NBD
            </th>
          </tr>
        </thead>
        <tbody>
          {tried.map((one) => (
            <tr key={one.model} className={one.chosen ? "font-medium [&>*]:border-t" : "[&>*]:border-t"}>
              <th scope="row" className="py-1.5 text-left font-[inherit]">
                {MODELS[one.model].name}
                {one.chosen ? <span className="text-muted-foreground font-normal"> · in use</span> : null}
              </th>
              <td className={cell}>
                {count(one.foretold, { digits: 0 })}
                {one.off == null ? "" : ` (${percent(one.off, { digits: 1, signed: true })})`}
              </td>
              <td className={cell}>{count(one.error, { digits: 3 })}</td>
              <td className={cell}>{one.model === "bg_nbd" ? "" : `${percent(one.better, { digits: 1, signed: true })} ± ${percent(one.better_error, { digits: 1 })}`}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <p className="text-muted-foreground text-xs text-pretty">
        Error: how far off in orders a customer’s forecast was (root mean square). The last column is how much smaller the squared error is, with its standard error; less than that is
        chance{chosen?.model === "bg_nbd" ? ", and then BG/NBD, the simplest, stays" : ""}.
      </p>
    </div>
  );
}
