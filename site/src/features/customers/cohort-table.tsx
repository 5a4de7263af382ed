import { useState } from "react";

import type { Customers } from "@/api/customers";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { count, money, percent, plural } from "@/lib/format";

type Shown = "retention" | "value";

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** "2026-11" as "Nov 2026". */
const monthName = (month: string) => `${MONTHS[Number(month.slice(5, 7)) - 1] ?? ""} ${month.slice(0, 4)}`;

const monthNumber = (month: string) => Number(month.slice(0, 4)) * 12 + Number(month.slice(5, 7));

/** Those who came in the same month, row by row: who bought again in each month since, or what one has spent by then. */
export function CohortTable({ answer }: { answer: Customers }) {
  const [shown, setShown] = useState<Shown>("retention");
  const { cohorts, currency } = answer;
  // In their first month all have bought: that column would say nothing.
  const first = shown === "retention" ? 1 : 0;
  const months = Math.max(...cohorts.map((cohort) => cohort.retention.length), first + 1);
  const ages = Array.from({ length: months - first }, (_, at) => at + first);
  const figures = cohorts.flatMap((cohort) => cohort[shown].slice(first));
  const largest = Math.max(...figures, 1e-9);
  const now = monthNumber(answer.until);
  return (
    <Card aria-label="By month of the first order">
      <CardHeader className="items-start pt-4">
        <div className="min-w-0 flex-1 basis-72">
          <CardTitle>By month of the first order</CardTitle>
          <CardDescription className="mt-0.5 text-pretty">
            {shown === "retention"
              ? "How many of those who came in a month bought in each month after it."
              : "What a customer had spent, on average, by the end of each month after the first order."}{" "}
            Cells with a dashed edge are this month, so far.
          </CardDescription>
        </div>
        <Segmented
          label="Figure"
          value={shown}
          onChange={setShown}
          segments={[
            { value: "retention", label: "Came back" },
            { value: "value", label: "Spent so far" },
          ]}
        />
      </CardHeader>
      <CardContent className="pt-1">
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard */}
        <div role="region" aria-label="Months after the first order" tabIndex={0} className="focus-ring thin-scroll relative -mx-4 overflow-x-auto px-4 sm:-mx-5 sm:px-5">
          <table aria-label={shown === "retention" ? "Share that bought in each month after the first order" : "Mean spending by the end of each month"} className="tabular border-separate border-spacing-0.5 text-xs">
            <thead>
              <tr className="text-muted-foreground">
                <th scope="col" className="bg-card sticky left-0 z-10 pr-3 pb-1 text-left font-medium whitespace-nowrap">
                  First order
                </th>
                <th scope="col" className="px-2 pb-1 text-right font-medium">
                  Customers
                </th>
                {ages.map((age) => (
                  <th key={age} scope="col" className="min-w-12 px-1 pb-1 text-center font-medium whitespace-nowrap">
                    <span className="sr-only">{age === 0 ? "Same month" : `${plural(age, "month")} later`}</span>
                    <span aria-hidden>{age === 0 ? "Same" : `+${age}`}</span>
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {cohorts.map((cohort) => (
                <tr key={cohort.month}>
                  <th scope="row" className="bg-card sticky left-0 z-10 pr-3 text-left font-medium whitespace-nowrap">
                    {monthName(cohort.month)}
                  </th>
                  <td className="px-2 text-right">{count(cohort.customers)}</td>
                  {ages.map((age) => {
                    const figure = cohort[shown][age];
                    if (figure === undefined) return <td key={age} />;
                    const sofar = monthNumber(cohort.month) + age === now;
                    return (
                      <td
                        key={age}
                        title={sofar ? "This month, so far" : undefined}
                        className={`h-8 min-w-12 rounded-sm px-1 text-center ${sofar ? "outline-border outline-1 -outline-offset-1 outline-dashed" : ""}`}
                        style={{ background: `color-mix(in oklab, var(--primary) ${Math.round(Math.sqrt(figure / largest) * 42)}%, transparent)` }}
                      >
                        {shown === "value" ? money(figure, currency, { whole: true }) : figure > 0 ? percent(figure, { digits: 0 }) : <span className="text-muted-foreground">0%</span>}
                      </td>
                    );
                  })}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
        {answer.earlier_customers > 0 ? (
          <p className="text-muted-foreground mt-2 text-xs">The last 24 months; {plural(answer.earlier_customers, "customer")} came before.</p>
        ) : null}
      </CardContent>
    </Card>
  );
}
