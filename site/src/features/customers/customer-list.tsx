import { Link } from "@tanstack/react-router";
import { useState } from "react";

import type { Customers, CustomerValue, Outlook } from "@/api/customers";
import { Button } from "@/components/ui/button";
import { Card, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { count, money, percent, plural, readsWhole } from "@/lib/format";
import { personName } from "@/lib/person";

type List = "best" | "leaving";

/** Rows before "show all". */
const FEW = 10;

/** Those worth most, and those about to leave; each leads to the journey. */
export function CustomerList({ outlook, answer }: { outlook: Outlook; answer: Customers }) {
  const [list, setList] = useState<List>("best");
  const [all, setAll] = useState(false);
  const rows = outlook[list];
  const shown = all ? rows : rows.slice(0, FEW);
  const whole = readsWhole(rows.map((row) => row.value.high), answer.currency);
  const labels = new Map(answer.segments.map((segment) => [segment.id, segment.label]));
  const head = "bg-card h-9 border-b px-3 text-right font-medium whitespace-nowrap last:pr-4 sm:last:pr-5";
  return (
    <Card aria-label="Single customers" className="overflow-hidden">
      <CardHeader className="items-start pt-4">
        <div className="min-w-0 flex-1 basis-72">
          <CardTitle>{list === "best" ? "Worth most" : "About to leave"}</CardTitle>
          <CardDescription className="mt-0.5 text-pretty">
            {list === "best"
              ? `Those expected to spend most in the next ${plural(answer.months, "month")}.`
              : "They have spent much, and the chance that they come back has fallen in the last four weeks: a word now is worth most here."}
          </CardDescription>
        </div>
        <Segmented
          label="List"
          value={list}
          onChange={(next) => {
            setList(next);
            setAll(false);
          }}
          segments={[
            { value: "best", label: "Worth most" },
            { value: "leaving", label: "About to leave" },
          ]}
        />
      </CardHeader>
      {rows.length === 0 ? (
        <p className="text-muted-foreground border-t px-5 py-10 text-center text-[0.8125rem]">Nobody is slipping away just now.</p>
      ) : (
        <>
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard */}
          <div role="region" aria-label="List of customers" tabIndex={0} className="focus-ring thin-scroll overflow-x-auto -outline-offset-2">
            <table aria-label={list === "best" ? "Customers worth most" : "Customers about to leave"} className="tabular w-full border-separate border-spacing-0 text-[0.8125rem]">
              <thead>
                <tr className="text-muted-foreground text-xs">
                  <th scope="col" className="bg-card sticky left-0 z-10 h-9 border-b pl-4 text-left font-medium sm:pl-5">
                    Customer
                  </th>
                  <th scope="col" className={head}>
                    Orders
                  </th>
                  <th scope="col" className={head}>
                    Paid so far
                  </th>
                  <th scope="col" className={head}>
                    Last order
                  </th>
                  <th scope="col" className={head}>
                    Still a customer
                  </th>
                  <th scope="col" className={head}>
                    Orders to come
                  </th>
                  <th scope="col" className={head}>
                    Will spend
                  </th>
                </tr>
              </thead>
              <tbody>
                {shown.map((row) => (
                  <Row key={row.person} row={row} label={labels.get(row.segment) ?? ""} currency={answer.currency} whole={whole} />
                ))}
              </tbody>
            </table>
          </div>
          <div className="text-muted-foreground flex flex-wrap items-center justify-between gap-x-4 gap-y-2 border-t px-4 py-2.5 text-xs sm:px-5">
            <p className="min-w-0 flex-1 basis-64 text-pretty">
              Small print is the range that holds {percent(answer.level, { digits: 0 })}. A figure can lie above it: many will spend nothing, a few a lot.
            </p>
            {rows.length > FEW ? (
              <Button variant="outline" size="sm" onClick={() => setAll(!all)}>
                {all ? "Show fewer" : `Show all ${rows.length}`}
              </Button>
            ) : null}
          </div>
        </>
      )}
    </Card>
  );
}

function Row({ row, label, currency, whole }: { row: CustomerValue; label: string; currency: string; whole: boolean }) {
  const cell = "bg-card group-hover/row:bg-muted border-b px-3 py-2 text-right whitespace-nowrap transition-colors last:pr-4 group-last/row:border-b-0 sm:last:pr-5";
  const fallen = row.alive_before != null && row.alive_before - row.alive >= 0.01;
  return (
    <tr className="group/row">
      <th scope="row" className="bg-card group-hover/row:bg-muted sticky left-0 z-10 max-w-40 border-b py-2 pr-3 pl-4 text-left font-normal transition-colors group-last/row:border-b-0 sm:max-w-60 sm:pl-5">
        <Link to="/journeys/$person" params={{ person: row.person }} className="focus-ring hover:text-link block truncate rounded-sm leading-4 font-medium">
          {personName(row.person)}
        </Link>
        <span className="text-muted-foreground block truncate text-2xs">{label}</span>
      </th>
      <td className={cell}>{count(row.orders)}</td>
      <td className={cell}>{money(row.spent, currency)}</td>
      <td className={cell}>{row.last_day}</td>
      <td className={cell}>
        <span className="block leading-4">{percent(row.alive, { digits: 0 })}</span>
        {fallen ? <span className="text-muted-foreground block text-2xs">{percent(row.alive_before, { digits: 0 })} four weeks ago</span> : null}
      </td>
      <td className={cell}>
        <span className="block leading-4">{count(row.expected_orders.mean, { digits: 1 })}</span>
        <span className="text-muted-foreground block text-2xs">
          {count(row.expected_orders.low, { digits: 0 })}–{count(row.expected_orders.high, { digits: 0 })}
        </span>
      </td>
      <td className={cell}>
        <span className="block leading-4 font-medium">{money(row.value.mean, currency, { whole })}</span>
        <span className="text-muted-foreground block text-2xs">
          {money(row.value.low, currency, { whole })}–{money(row.value.high, currency, { whole })}
        </span>
      </td>
    </tr>
  );
}
