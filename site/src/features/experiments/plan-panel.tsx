import { useQuery } from "@tanstack/react-query";
import { useEffect, useState } from "react";

import { type Plan, type PlanQuestion, planQuery } from "@/api/experiments";
import { ApiError } from "@/api/problem";
import { Field } from "@/components/field";
import { ErrorState } from "@/components/states/error";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { cn } from "@/lib/cn";
import { count, NONE, percent, plural } from "@/lib/format";

/** From the last key to the question, ms. */
const PAUSE = 350;

/** A number as people type it; undefined for nothing, NaN for what is none. */
const typed = (text: string): number | undefined => (text.trim() === "" ? undefined : Number(text.replace(",", ".")));

function useSettled<T>(value: T): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const wait = setTimeout(() => setSettled(value), PAUSE);
    return () => clearTimeout(wait);
  }, [value]);
  return settled;
}

/** How long an experiment would take, over the shop's own figures unless others are typed. */
export function PlanPanel({ site, event, variants }: { site: string; event: string; variants: number }) {
  const [rate, setRate] = useState("");
  const [visitors, setVisitors] = useState("");
  const [lift, setLift] = useState("10");
  const [power, setPower] = useState("80");
  const [looks, setLooks] = useState<"once" | "any">("any");
  const settled = useSettled(JSON.stringify({ event: event.trim(), rate, visitors, lift, power }));
  const now = JSON.parse(settled) as { event: string; rate: string; visitors: string; lift: string; power: string };
  const numbers = { rate: typed(now.rate), visitors: typed(now.visitors), lift: typed(now.lift), power: typed(now.power) };
  const unread = (["rate", "visitors", "lift", "power"] as const).filter((name) => Number.isNaN(numbers[name]));
  const question: PlanQuestion = {
    site,
    event: now.event || "purchase",
    variants,
    always_valid: looks === "any",
    lift: (numbers.lift ?? 10) / 100,
    power: (numbers.power ?? 80) / 100,
    ...(numbers.rate === undefined ? {} : { rate: numbers.rate / 100 }),
    ...(numbers.visitors === undefined ? {} : { visitors_a_day: numbers.visitors }),
  };
  const asked = useQuery({ ...planQuery(question), enabled: unread.length === 0 });
  const refused = asked.error instanceof ApiError && asked.error.fields.length ? asked.error.fields : [];
  const wrong = (name: string, field: string) => (unread.some((one) => one === name) ? "Must be a number." : refused.find((one) => one.field === field)?.detail);
  const plan = asked.isError || unread.length ? undefined : asked.data;
  return (
    <div className="space-y-4">
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Do it now, % of visitors" hint={plan?.rate_is_own ? "Your own rate of the last 28 days." : `Visitors who do ${event.trim() || "it"}.`} error={wrong("rate", "/rate")}>
          {(control) => <Input {...control} inputMode="decimal" value={rate} placeholder={plan?.rate_is_own && plan.rate != null ? String(Number((plan.rate * 100).toFixed(3))) : ""} onChange={(change) => setRate(change.target.value)} className="tabular" />}
        </Field>
        <Field label="New visitors a day" hint={plan?.visitors_are_own ? "Your own of the last 28 days." : "Who would take part."} error={wrong("visitors", "/visitors_a_day")}>
          {(control) => <Input {...control} inputMode="decimal" value={visitors} placeholder={plan?.visitors_are_own && plan.visitors_a_day != null ? count(Math.round(plan.visitors_a_day)) : ""} onChange={(change) => setVisitors(change.target.value)} className="tabular" />}
        </Field>
        <Field label="Least lift worth finding, %" hint="10 finds a rate of 2% that becomes 2.2%." error={wrong("lift", "/lift")}>
          {(control) => <Input {...control} inputMode="decimal" value={lift} onChange={(change) => setLift(change.target.value)} className="tabular" />}
        </Field>
        <Field label="Sure to find it, %" hint="Where it exists; 80 is usual." error={wrong("power", "/power")}>
          {(control) => <Input {...control} inputMode="decimal" value={power} onChange={(change) => setPower(change.target.value)} className="tabular" />}
        </Field>
      </div>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-1.5">
        <Segmented
          label="When it is looked at"
          value={looks}
          onChange={setLooks}
          segments={[
            { value: "any", label: "Look any day" },
            { value: "once", label: "Only at the end" },
          ]}
        />
        <p className="text-muted-foreground text-xs">{looks === "any" ? "You may stop whenever it is clear; it takes longer." : "Fewer visitors, if nobody acts on it before."}</p>
      </div>
      {asked.isError && refused.length === 0 ? (
        <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
      ) : refused.length || unread.length ? null : plan ? (
        <Planned plan={plan} variants={variants} stale={asked.isPlaceholderData} />
      ) : (
        <Skeleton role="status" aria-label="Loading" className="h-40 w-full rounded-lg" />
      )}
    </div>
  );
}

function Planned({ plan, variants, stale }: { plan: Plan; variants: number; stale: boolean }) {
  const { needed } = plan;
  const fourWeeks = plan.within.find((one) => one.weeks === 4);
  return (
    <div className={cn("space-y-3 transition-opacity", stale && "opacity-60")} aria-live="polite">
      <p className="text-[0.8125rem] text-pretty">
        <span className="font-medium">
          {needed.units == null ? "No number of visitors finds that" : needed.weeks == null ? `${count(needed.total)} visitors` : `${plural(needed.weeks, "week")} (${plural(needed.days ?? 0, "day")})`}
        </span>
        {needed.units == null ? "." : ` to find a lift of ${percent(needed.lift, { digits: 0 })}: ${count(needed.units)} visitors for each of ${variants} variants.`}
        {fourWeeks?.lift != null ? ` Four weeks find ${percent(fourWeeks.lift, { digits: 1 })} or more.` : ""}
      </p>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard */}
      <div role="region" aria-label="Other lifts" tabIndex={0} className="focus-ring thin-scroll overflow-x-auto rounded-md">
        <table className="w-full text-[0.8125rem]">
          <thead>
            <tr className="text-muted-foreground border-b text-xs">
              <th scope="col" className="py-1.5 text-left font-medium">Lift</th>
              <th scope="col" className="py-1.5 pl-3 text-right font-medium">Visitors each</th>
              <th scope="col" className="py-1.5 pl-3 text-right font-medium">Days</th>
              <th scope="col" className="py-1.5 pl-3 text-right font-medium">Whole weeks</th>
            </tr>
          </thead>
          <tbody>
            {plan.lifts.map((row) => (
              <tr key={row.lift} className={cn("border-b last:border-0", row.lift === needed.lift && "bg-muted/60 font-medium")}>
                <th scope="row" className="tabular py-1.5 text-left font-normal">{percent(row.lift, { digits: 1 })}</th>
                <td className="tabular py-1.5 pl-3 text-right">{row.units == null ? NONE : count(row.units)}</td>
                <td className="tabular py-1.5 pl-3 text-right">{row.days == null ? NONE : count(row.days)}</td>
                <td className="tabular py-1.5 pl-3 text-right">{row.weeks == null ? NONE : count(row.weeks)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <p className="text-muted-foreground text-xs text-pretty">
        Normal approximation, two-sided, 5% false alarms shared by the comparisons (Bonferroni){plan.within.length ? "" : "; say how many visitors come for days and weeks"}. Visitors are shared evenly here; the experiment itself moves them to the better variant.
      </p>
    </div>
  );
}
