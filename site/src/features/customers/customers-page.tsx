import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Gem, RotateCw } from "lucide-react";
import { useState } from "react";

import { type Customers, customersQuery, studyCustomers } from "@/api/customers";
import { describe } from "@/api/problem";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { ProgressBar } from "@/components/progress-bar";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/hooks/use-now";
import { useScope } from "@/hooks/use-scope";
import { ago, count, longDay, money, percent, plural, readsWhole } from "@/lib/format";
import { sentence } from "@/lib/sentence";

import { CohortTable } from "./cohort-table";
import { Computed } from "./computed";
import { CustomerList } from "./customer-list";
import { HoldoutCard } from "./holdout-card";
import { SegmentsCard } from "./segments-card";

const HORIZONS = [6, 12, 24, 36] as const;

/** What those who bought are worth, who comes back and who is about to leave. */
export function CustomersPage() {
  const { site } = useScope();
  const client = useQueryClient();
  const asked = useQuery(customersQuery(site.key));
  const [chosen, setChosen] = useState<number | null>(null);
  const months = chosen ?? asked.data?.question?.months ?? 12;
  const start = useMutation({
    mutationFn: () => studyCustomers(site.key, months),
    onSettled: () => client.invalidateQueries({ queryKey: ["customers", site.key] }),
  });
  const { study, answer, computed_at } = asked.data ?? {};
  const running = start.isPending || study?.status === "running";
  const failed = study?.status === "failed" ? study.detail : null;
  const refused = start.isError ? describe(start.error).detail : null;
  const controls = (
    <>
      <Select
        label="How far ahead"
        prefix="Look ahead"
        align="end"
        value={String(months)}
        onChange={(next) => setChosen(Number(next))}
        options={[...new Set([...HORIZONS, months])].sort((one, other) => one - other).map((value) => ({ value: String(value), label: plural(value, "month") }))}
      />
      <Button variant={answer ? "outline" : "default"} className="text-[0.8125rem]" disabled={running} onClick={() => start.mutate()}>
        {answer ? <RotateCw /> : null}
        {answer ? "Work it out again" : "Work it out"}
      </Button>
    </>
  );

  return (
    <Page
      title="Customers"
      description="What those who bought are worth, who comes back, and who is about to leave."
      actions={
        answer ? (
          <>
            <Computed answer={answer} />
            {controls}
          </>
        ) : null
      }
    >
      {asked.isError ? (
        <Card>
          <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
        </Card>
      ) : asked.isPending ? (
        <CustomersSkeleton />
      ) : (
        <>
          {answer && refused ? <Note tone="warning" alert title="Not started">{sentence(refused)}</Note> : null}
          {answer && failed ? <Note tone="warning" title="The latest attempt did not come to an answer; this is the one before">{sentence(failed)}</Note> : null}
          {answer && running ? (
            <Card className="px-4 py-3 sm:px-5">
              <Progress done={study?.progress ?? 0} detail={study?.detail ?? ""} />
            </Card>
          ) : null}
          {answer ? (
            <Answered answer={answer} computedAt={computed_at ?? 0} />
          ) : running ? (
            <Card aria-label="Working it out" className="px-6 py-14">
              <div className="mx-auto max-w-md space-y-4">
                <p className="text-center text-sm font-semibold">Working out what your customers are worth</p>
                <Progress done={study?.progress ?? 0} detail={study?.detail ?? ""} />
                <p className="text-muted-foreground text-center text-[0.8125rem]">This takes seconds to a few minutes. You can leave the page.</p>
              </div>
            </Card>
          ) : (
            <Card>
              <NothingYet
                icon={Gem}
                title={failed ? "It could not be worked out" : "What are your customers worth?"}
                className="py-20"
                action={<div className="flex flex-wrap justify-center gap-2">{controls}</div>}
              >
                {refused || failed ? (
                  <span role="alert">{sentence(refused ?? failed ?? "")}</span>
                ) : (
                  "From their orders so far: what each will spend, how months of new customers keep coming back, who spends most and who is slipping away."
                )}
              </NothingYet>
            </Card>
          )}
        </>
      )}
    </Page>
  );
}

function Progress({ done, detail }: { done: number; detail: string }) {
  return (
    <div>
      <ProgressBar label="How far it is" done={done} />
      <p aria-live="polite" className="text-muted-foreground mt-2 text-xs first-letter:uppercase">{detail || "reading the orders"}</p>
    </div>
  );
}

function Answered({ answer, computedAt }: { answer: Customers; computedAt: number }) {
  const now = useNow();
  const { site } = useScope();
  const { outlook } = answer;
  return (
    <div className="space-y-5">
      <Headline answer={answer} />
      {outlook ? null : (
        <Note title="What they will spend cannot be told yet">{sentence(answer.why_no_outlook)}</Note>
      )}
      {outlook?.models.correlated ? (
        <Note tone="warning" title="Those who buy often do not spend alike">
          How often and how much go together here (correlation {outlook.models.correlation?.toFixed(2)}), and the model takes them as independent: expected
          amounts of the most frequent buyers are to be taken with care.
        </Note>
      ) : null}
      {answer.cut ? (
        <Note title={`Orders since ${answer.cut} are counted`}>There are more than can be read at once. Who bought before that day counts as new since then.</Note>
      ) : null}
      {outlook ? <CustomerList outlook={outlook} answer={answer} /> : null}
      <SegmentsCard answer={answer} />
      <CohortTable answer={answer} />
      {outlook || answer.holdout ? (
        <div className="grid gap-5 lg:grid-cols-2">
          {outlook ? <Tenths answer={answer} /> : null}
          {answer.holdout ? <HoldoutCard holdout={answer.holdout} level={answer.level} /> : null}
        </div>
      ) : null}
      <p className="text-muted-foreground text-xs">
        From {plural(answer.totals.orders, "order")} of {plural(answer.totals.customers, "customer")}, {answer.since} to {answer.until}. Worked out{" "}
        <time dateTime={new Date(computedAt).toISOString()} title={longDay(computedAt, site.time_zone)}>
          {ago(computedAt, now)}
        </time>
        ; from now on every Monday.
      </p>
    </div>
  );
}

function Headline({ answer }: { answer: Customers }) {
  const { outlook, totals, currency } = answer;
  const held = percent(answer.level, { digits: 0 });
  const ahead = `next ${plural(answer.months, "month")}`;
  const whole = readsWhole([outlook?.value.high], currency);
  const each = outlook?.value_per_customer;
  const tiles = [
    ...(outlook && each
      ? [
          {
            label: `They will spend, ${ahead}`,
            value: money(outlook.value.mean, currency, { whole }),
            more: `${money(outlook.value.low, currency, { whole })} to ${money(outlook.value.high, currency, { whole })}`,
          },
          { label: "A customer on average", value: money(each.mean, currency), more: `${money(each.low, currency)} to ${money(each.high, currency)}` },
          {
            label: `Orders, ${ahead}`,
            value: count(outlook.orders.mean, { digits: 0 }),
            more: `${count(outlook.orders.low, { digits: 0 })} to ${count(outlook.orders.high, { digits: 0 })}`,
          },
        ]
      : [
          { label: "Customers so far", value: count(totals.customers), more: plural(totals.orders, "order") },
          { label: "They have spent", value: money(totals.revenue, currency), more: `${money(totals.revenue / totals.customers, currency)} each` },
        ]),
    {
      label: "Bought again",
      value: percent(totals.return_rate, { digits: 1 }),
      more: `${count(totals.returned)} of ${count(totals.customers)}${totals.median_days == null ? "" : `, half within ${plural(Math.round(totals.median_days), "day")}`}`,
    },
  ];
  return (
    <section aria-label="At a glance">
      <dl className={`bg-border shadow-card grid grid-cols-1 gap-px overflow-hidden rounded-xl border sm:grid-cols-2 ${outlook ? "xl:grid-cols-4" : "xl:grid-cols-3"}`}>
        {tiles.map((tile) => (
          <div key={tile.label} className="bg-card px-4 py-4 last:sm:odd:col-span-2 last:xl:odd:col-span-1 sm:px-5">
            <dt className="text-muted-foreground text-xs font-medium">{tile.label}</dt>
            <dd className="tabular mt-1 text-2xl leading-8 font-semibold">{tile.value}</dd>
            <dd className="text-muted-foreground tabular mt-0.5 text-xs">{tile.more}</dd>
          </div>
        ))}
      </dl>
      {outlook ? (
        <p className="text-muted-foreground mt-2 text-xs text-pretty">
          Of those who have bought already, nobody new. The range beneath a figure holds {held} of what could come; amounts are worth{" "}
          {percent(answer.discount_per_year, { digits: 0 })} less a year later.
        </p>
      ) : null}
    </section>
  );
}

/** How the expected value divides: tenths of the customers, those worth most first. */
function Tenths({ answer }: { answer: Customers }) {
  const { outlook, currency } = answer;
  if (!outlook) return null;
  const largest = Math.max(...outlook.tenths.map((tenth) => tenth.share), 1e-9);
  const whole = readsWhole(outlook.tenths.map((tenth) => tenth.value), currency);
  return (
    <Card aria-label="Where the value lies">
      <CardHeader className="pt-4">
        <div>
          <CardTitle>Where the value lies</CardTitle>
          <CardDescription className="mt-0.5">
            The tenth worth most holds {percent(outlook.tenths[0]?.share, { digits: 0 })} of what is expected.
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="pt-1">
        <table aria-label="Expected value by tenth of the customers" className="tabular w-full text-[0.8125rem]">
          <thead className="sr-only">
            <tr>
              <th scope="col">Tenth</th>
              <th scope="col">Share</th>
              <th scope="col">Expected</th>
            </tr>
          </thead>
          <tbody>
            {outlook.tenths.map((tenth, at) => (
              <tr key={at}>
                <th scope="row" className="text-muted-foreground w-20 py-1 pr-3 text-left font-normal whitespace-nowrap">
                  {at === 0 ? "Top tenth" : `${at + 1}${at === 1 ? "nd" : at === 2 ? "rd" : "th"}`}
                </th>
                <td className="py-1">
                  <span className="flex items-center gap-2">
                    <span aria-hidden className="bg-primary h-3 min-w-px rounded-sm" style={{ width: `${(tenth.share / largest) * 78}%`, opacity: 1 - at * 0.07 }} />
                    <span>{percent(tenth.share, { digits: 0 })}</span>
                  </span>
                </td>
                <td className="w-24 py-1 pl-3 text-right whitespace-nowrap">{money(tenth.value, currency, { whole })}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </CardContent>
    </Card>
  );
}

function CustomersSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="space-y-5">
      <div className="bg-border shadow-card grid grid-cols-1 gap-px overflow-hidden rounded-xl border sm:grid-cols-2 xl:grid-cols-4">
        {[0, 1, 2, 3].map((at) => (
          <div key={at} className="bg-card px-5 py-4">
            <Skeleton className="h-3 w-28" />
            <Skeleton className="mt-2 h-7 w-32" />
            <Skeleton className="mt-2 h-3 w-36" />
          </div>
        ))}
      </div>
      {[0, 1].map((card) => (
        <Card key={card} className="p-5">
          <Skeleton className="h-4 w-48" />
          {[90, 75, 80, 60, 70].map((width) => (
            <Skeleton key={width} className="mt-4 h-4" style={{ width: `${width}%` }} />
          ))}
        </Card>
      ))}
    </div>
  );
}
