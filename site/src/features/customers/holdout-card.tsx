import type { Holdout } from "@/api/customers";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { count, percent, plural } from "@/lib/format";

/** The same models at an earlier day, against what came since. */
export function HoldoutCard({ holdout, level }: { holdout: Holdout; level: number }) {
  const { foretold, came, off } = holdout;
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
      <CardContent className="pt-1">
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
      </CardContent>
    </Card>
  );
}
