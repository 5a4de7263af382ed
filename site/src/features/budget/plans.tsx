import { useQuery } from "@tanstack/react-query";
import { Copy, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";

import { type Mix, type PlanOutcome, type ScenarioPlan, scenarioQuery } from "@/api/planning";
import { linear } from "@/components/chart/scale";
import { Field } from "@/components/field";
import { MoneyInput } from "@/components/money-input";
import { Note } from "@/components/note";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { useRested } from "@/hooks/use-rested";
import { seriesColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { longDay, money, percent, plural } from "@/lib/format";
import { refusal, sentence } from "@/lib/sentence";

import { interval, outcomeText, worth } from "./figures";
import { IntervalBar } from "./interval-bar";

/** Most plans side by side, and how far ahead, as the API has it. */
const MOST = 5;
const AHEAD = [4, 8, 13, 26, 52] as const;

/** A plan as it is edited. What it spends by channel is asked for only of one's own. */
interface Draft {
  id: number;
  name: string;
  kind: ScenarioPlan["spend"]["kind"];
  /** Of a recommended one: minor units a week. */
  total: number;
  /** Of one's own: minor units a week by channel. */
  spends: Readonly<Record<string, number>>;
}

function asked(draft: Draft): ScenarioPlan {
  const name = draft.name.trim();
  if (draft.kind === "present") return { name, spend: { kind: "present" } };
  if (draft.kind === "recommended") return { name, spend: { kind: "recommended", goal: { kind: "spend", total_minor: draft.total } } };
  return { name, spend: { kind: "given", channels: Object.entries(draft.spends).map(([channel, spend_minor]) => ({ channel, spend_minor })) } };
}

/** Plans for the weeks to come, in columns: what each would bring, and what more than the first. */
export function Plans({ mix, site, computedAt }: { mix: Mix; site: string; computedAt: number }) {
  const total = mix.budget.present_total;
  const now = useMemo(() => Object.fromEntries(mix.channels.map((channel) => [channel.name, channel.present])), [mix]);
  const [weeks, setWeeks] = useState<number>(8);
  const [drafts, setDrafts] = useState<readonly Draft[]>(() => [
    { id: 1, name: "As now", kind: "present", total, spends: now },
    { id: 2, name: "Recommended", kind: "recommended", total: Math.max(1, total), spends: now },
  ]);
  const [next, setNext] = useState(3);
  const question = useMemo(() => ({ weeks, plans: drafts.map(asked) }), [weeks, drafts]);
  const rested = useRested(question, 300);
  const found = useQuery(scenarioQuery(site, computedAt, rested.weeks, rested.plans));
  const waiting = found.isFetching || rested !== question;
  const scenario = found.data;
  const change = (id: number, part: Partial<Draft>) => setDrafts((all) => all.map((draft) => (draft.id === id ? { ...draft, ...part } : draft)));
  /** What a plan spends a week by channel: its own, else as it was answered. */
  const spends = (draft: Draft, answered: PlanOutcome | undefined): Readonly<Record<string, number>> =>
    draft.kind === "given" ? draft.spends : draft.kind === "present" ? now : Object.fromEntries((answered?.channels ?? []).map((channel) => [channel.name, channel.spend]));
  const copy = (draft: Draft, answered: PlanOutcome | undefined) => {
    setDrafts((all) => [...all, { ...draft, id: next, name: `Plan ${next}`, kind: "given", spends: { ...now, ...spends(draft, answered) } }]);
    setNext(next + 1);
  };
  const high = Math.max(1e-9, ...(scenario?.plans ?? []).map((plan) => plan.outcome.high));
  const x = linear([0, high], [0, 100]);
  return (
    <Card aria-label="Compare plans">
      <CardHeader className="flex-wrap items-start gap-y-2 pt-4">
        <div className="min-w-0">
          <CardTitle>Compare plans</CardTitle>
          <CardDescription className="mt-0.5 max-w-3xl text-pretty">
            The same spend in each week{scenario ? `, ${longDay(Date.parse(scenario.from), "UTC")} to ${longDay(Date.parse(scenario.to), "UTC")}` : ""}. Plans are judged by the same
            curves and the same weeks, so a difference is surer than the two totals look beside each other.
          </CardDescription>
        </div>
        <Select
          label="How far ahead"
          prefix="Ahead"
          align="end"
          className="ml-auto"
          value={String(weeks)}
          onChange={(value) => setWeeks(Number(value))}
          options={AHEAD.map((value) => ({ value: String(value), label: plural(value, "week") }))}
        />
      </CardHeader>
      <CardContent className="space-y-3 pt-1">
        {found.isError ? (
          <Note alert tone="warning" title="These plans cannot be compared">
            {refusal(found.error)}
          </Note>
        ) : null}
        <ul aria-label="Plans" aria-busy={waiting} className={cn("m-0 grid list-none grid-cols-1 gap-4 p-0 sm:grid-cols-2", drafts.length > 2 && "xl:grid-cols-3")}>
          {drafts.map((draft, at) => {
            const answered = scenario?.plans[at];
            return (
              <li key={draft.id} aria-label={draft.name} className="flex min-w-0 flex-col gap-3 rounded-lg border p-3.5">
                <div className="flex items-end gap-1.5">
                  <Field label={`Plan ${at + 1}${at === 0 ? ", the one to compare with" : ""}`} className="flex-1">
                    {(control) => <Input {...control} maxLength={60} value={draft.name} onChange={(event) => change(draft.id, { name: event.target.value })} />}
                  </Field>
                  <Button variant="ghost" size="icon" title="Copy and edit" aria-label={`Copy ${draft.name}`} disabled={drafts.length >= MOST} onClick={() => copy(draft, answered)}>
                    <Copy />
                  </Button>
                  <Button
                    variant="ghost"
                    size="icon"
                    title="Remove"
                    aria-label={`Remove ${draft.name}`}
                    disabled={drafts.length <= 2}
                    onClick={() => setDrafts((all) => all.filter((other) => other.id !== draft.id))}
                  >
                    <Trash2 />
                  </Button>
                </div>
                <div className="flex flex-wrap items-end gap-2">
                  <Select
                    label={`What ${draft.name} spends`}
                    value={draft.kind}
                    onChange={(kind) => change(draft.id, kind === "given" ? { kind, spends: { ...now, ...spends(draft, answered) } } : { kind })}
                    options={[
                      { value: "present", label: "As now" },
                      { value: "recommended", label: "Recommended" },
                      { value: "given", label: "My own" },
                    ]}
                  />
                  {draft.kind === "recommended" ? (
                    <Field label={`Total a week of ${draft.name}`} hideLabel className="min-w-32 flex-1">
                      {(control) => <MoneyInput control={control} currency={mix.currency} value={draft.total} onChange={(minor) => minor && minor > 0 && change(draft.id, { total: minor })} />}
                    </Field>
                  ) : null}
                </div>
                <div className={cn("space-y-3 transition-opacity", waiting && "opacity-60")}>
                  <Spends mix={mix} draft={draft} answered={answered} onChange={(own) => change(draft.id, { spends: own })} />
                  {answered ? <Brings mix={mix} plan={answered} weeks={scenario?.weeks ?? weeks} first={scenario?.plans[0]} x={x} /> : null}
                </div>
              </li>
            );
          })}
        </ul>
        <p className="text-muted-foreground pt-1 text-xs text-pretty">
          Totals hold what comes anyway, what earlier spend still brings and the chance of the weeks to come; ranges hold {percent(mix.level, { digits: 0 })}. What works on after these
          weeks is not counted. Under a channel: what its spend brings, and {mix.outcome === "revenue" ? "what the next unit a week would bring" : "what the next order would cost"}, kept up
          for good.
        </p>
      </CardContent>
    </Card>
  );
}

/** What a plan spends a week by channel, to be edited where it is one's own. */
function Spends({ mix, draft, answered, onChange }: { mix: Mix; draft: Draft; answered: PlanOutcome | undefined; onChange: (spends: Record<string, number>) => void }) {
  return (
    <ul aria-label={`Spend a week of ${draft.name}`} className="m-0 list-none space-y-2 p-0">
      {mix.channels.map((channel, at) => {
        const own = answered?.channels.find((one) => one.name === channel.name);
        return (
          <li key={channel.name} className="text-[0.8125rem]">
            <span className="flex items-center gap-2">
              <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: seriesColor(channel.name, at) }} />
              <span className="min-w-0 flex-1 truncate" title={channel.name}>
                {channel.name}
              </span>
              {draft.kind === "given" ? (
                <Field label={`${channel.name} a week in ${draft.name}`} hideLabel className="w-36 shrink-0">
                  {(control) => (
                    <MoneyInput
                      control={control}
                      currency={mix.currency}
                      value={draft.spends[channel.name] ?? 0}
                      onChange={(minor) => onChange({ ...draft.spends, [channel.name]: minor ?? 0 })}
                    />
                  )}
                </Field>
              ) : (
                <span className="tabular font-medium">{own ? money(own.spend, mix.currency) : "…"}</span>
              )}
            </span>
            {own ? (
              <span className="text-muted-foreground tabular mt-0.5 block pl-4 text-2xs">
                Brings {outcomeText(own.brought.mean, mix, { compact: true })} ({interval(own.brought, (value) => outcomeText(value, mix, { compact: true }))}) · next{" "}
                {worth(own.marginal_return, mix).main}
              </span>
            ) : null}
          </li>
        );
      })}
    </ul>
  );
}

/** What a plan brings, and what more than the first one. */
function Brings({ mix, plan, weeks, first, x }: { mix: Mix; plan: PlanOutcome; weeks: number; first: PlanOutcome | undefined; x: (value: number) => number }) {
  const text = (value: number) => outcomeText(value, mix);
  const signed = (value: number) => outcomeText(value, mix, { signed: true });
  const { difference, probability } = plan;
  const same = difference != null && difference.low === 0 && difference.high === 0;
  const more = first ? plan.spend - first.spend : 0;
  const whole = { whole: true } as const;
  return (
    <div className="space-y-2 border-t pt-3 text-[0.8125rem]">
      <p className="text-muted-foreground tabular text-xs">
        {money(plan.spend_a_week, mix.currency, whole)} a week, {money(plan.spend, mix.currency, whole)} in {plural(weeks, "week")}
      </p>
      <p>
        <span className="text-muted-foreground block text-xs">{mix.outcome === "revenue" ? "Revenue" : "Orders"} in all</span>
        <span className="tabular text-lg leading-6 font-semibold">{text(plan.outcome.mean)}</span>{" "}
        <span className="text-muted-foreground tabular text-xs">{interval(plan.outcome, text)}</span>
      </p>
      <IntervalBar figure={plan.outcome} x={x} color="var(--color-primary)" />
      <p className="tabular text-xs">
        Of it brought by this spend: <span className="font-medium">{text(plan.brought.mean)}</span> <span className="text-muted-foreground">{interval(plan.brought, text)}</span>
      </p>
      {difference == null ? null : same ? (
        <p className="text-xs font-medium">The same as {first?.name}.</p>
      ) : (
        <p className="tabular text-xs">
          <span className="text-muted-foreground block">Against {first?.name}</span>
          <span className="text-sm font-semibold">{signed(difference.mean)}</span> <span className="text-muted-foreground">{interval(difference, signed)}</span>
          <span className="block">
            for {more === 0 ? "the same spend" : `${money(Math.abs(more), mix.currency, whole)} ${more > 0 ? "more" : "less"} spend`}; brings more with a chance of{" "}
            {percent(probability, { digits: 0 })}
          </span>
        </p>
      )}
      {plan.warnings.length > 0 ? (
        <Note tone="warning" title="Beyond what was tried">
          <ul className="list-disc pl-4">
            {plan.warnings.map((warning) => (
              <li key={warning}>{sentence(warning)}</li>
            ))}
          </ul>
        </Note>
      ) : null}
    </div>
  );
}
