import type { Customers } from "@/api/customers";
import { Card, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { count, inHouse, money, NONE, percent, plural, readsWhole } from "@/lib/format";

/** Who the customers are, by how lately, how often and for how much they bought; each is in one group. */
export function SegmentsCard({ answer }: { answer: Customers }) {
  const { segments, currency, outlook, totals } = answer;
  const whole = readsWhole(segments.map((segment) => segment.revenue), currency);
  const cell = "border-b px-3 py-2.5 text-right align-top whitespace-nowrap last:pr-4 group-last/row:border-b-0 sm:last:pr-5";
  const head = "h-9 border-b px-3 text-right font-medium whitespace-nowrap last:pr-4 sm:last:pr-5";
  return (
    <Card aria-label="Who they are" className="overflow-hidden">
      <CardHeader className="pt-4">
        <div>
          <CardTitle>Who they are</CardTitle>
          <CardDescription className="mt-0.5 text-pretty">By how lately they bought, how often, and for how much. Everybody is in one group.</CardDescription>
        </div>
      </CardHeader>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard */}
      <div role="region" aria-label="Groups of customers" tabIndex={0} className="focus-ring thin-scroll overflow-x-auto -outline-offset-2">
        <table aria-label="Groups of customers" className="tabular w-full border-separate border-spacing-0 text-[0.8125rem]">
          <thead>
            <tr className="text-muted-foreground text-xs">
              <th scope="col" className="bg-card sticky left-0 z-10 h-9 border-b pl-4 text-left font-medium sm:pl-5">
                Group
              </th>
              <th scope="col" className={head}>
                Customers
              </th>
              <th scope="col" className={head}>
                Paid so far
              </th>
              <th scope="col" className={head}>
                Share
              </th>
              {outlook ? (
                <th scope="col" className={head}>
                  Each, next {plural(answer.months, "month")}
                </th>
              ) : null}
            </tr>
          </thead>
          <tbody>
            {segments.map((segment) => (
              <tr key={segment.id} className="group/row">
                <th scope="row" className="bg-card sticky left-0 z-10 min-w-36 border-b py-2.5 pr-3 pl-4 text-left font-normal group-last/row:border-b-0 sm:min-w-72 sm:pl-5">
                  <span className="block font-medium">{segment.label}</span>
                  <span className="text-muted-foreground block text-xs text-pretty">{inHouse(segment.rule)}</span>
                </th>
                <td className={cell}>
                  {count(segment.customers)}
                  <span className="text-muted-foreground block text-2xs">{percent(segment.customers / totals.customers, { digits: 0 })}</span>
                </td>
                <td className={cell}>{money(segment.revenue, currency, { whole })}</td>
                <td className={cell}>
                  <span className="inline-flex items-center justify-end gap-2">
                    <span aria-hidden className="bg-muted hidden h-1.5 w-20 overflow-hidden rounded-full sm:block">
                      <span className="bg-primary block h-full rounded-full" style={{ width: `${segment.revenue_share * 100}%` }} />
                    </span>
                    <span className="w-9">{percent(segment.revenue_share, { digits: 0 })}</span>
                  </span>
                </td>
                {outlook ? <td className={cell}>{segment.expected_value == null ? NONE : money(segment.expected_value, currency)}</td> : null}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Card>
  );
}
