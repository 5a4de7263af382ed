import { Plus, X } from "lucide-react";
import { useState } from "react";

import type { Mix, MixLift, MixQuestion } from "@/api/planning";
import { Field } from "@/components/field";
import { MoneyInput } from "@/components/money-input";
import { PromotionDays } from "@/components/promotion-days";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Dialog, DialogContent } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { longDay, plural } from "@/lib/format";

import { HALF, type Holds, interval, outcomeText, standardError } from "./figures";

/** What the weeks cannot say of themselves: days of promotion, and what tests measured. */
export type Known = Pick<MixQuestion, "promotions" | "experiments">;

const day = (text: string) => longDay(Date.parse(text), "UTC");

/** Where they are told, for the next computation. */
export function KnownDialog({
  open,
  onOpenChange,
  known,
  onChange,
  outcome,
  currency,
  channels,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  known: Known;
  onChange: (known: Known) => void;
  outcome: Mix["outcome"];
  currency: string;
  channels: readonly string[];
}) {
  return (
    <Dialog open={open} onOpenChange={onOpenChange}>
      <DialogContent
        title="What else is known"
        description="Told to the next computation and kept for the ones after it."
        className="sm:w-[min(40rem,calc(100vw-2rem))]"
      >
        <div className="space-y-6">
          <section aria-label="Promotions" className="space-y-2">
            <h3 className="text-sm font-semibold">Promotions</h3>
            <p className="text-muted-foreground text-[0.8125rem] text-pretty">Days of sales: else what they brought is taken for what the channels brought. Coming ones count in plans.</p>
            <PromotionDays days={known.promotions ?? []} onChange={(promotions) => onChange({ ...known, promotions })} />
          </section>
          <section aria-label="Experiments" className="space-y-2">
            <h3 className="text-sm font-semibold">Experiments</h3>
            <p className="text-muted-foreground text-[0.8125rem] text-pretty">
              What tests measured of a channel, such as a region in which it was switched off. The curves are bent towards it, the more the narrower its range.
            </p>
            <ul aria-label="Experiments told" className="m-0 list-none divide-y p-0">
              {(known.experiments ?? []).map((lift, at) => (
                <li key={at} className="flex items-center gap-2 py-1.5 text-[0.8125rem]">
                  <span className="min-w-0 flex-1">
                    <span className="font-medium">{lift.channel}</span>, {day(lift.from)} to {day(lift.to)}: {outcomeText(lift.lift, { outcome, currency })}{" "}
                    <span className="text-muted-foreground">± {outcomeText(lift.standard_error * HALF["95"], { outcome, currency })}</span>
                  </span>
                  <Button
                    variant="ghost"
                    size="icon"
                    aria-label={`Remove the experiment on ${lift.channel}`}
                    onClick={() => onChange({ ...known, experiments: (known.experiments ?? []).filter((_, other) => other !== at) })}
                  >
                    <X />
                  </Button>
                </li>
              ))}
            </ul>
            <NewExperiment outcome={outcome} currency={currency} channels={channels} onAdd={(lift) => onChange({ ...known, experiments: [...(known.experiments ?? []), lift] })} />
          </section>
          <div className="flex justify-end">
            <Button onClick={() => onOpenChange(false)}>Done</Button>
          </div>
        </div>
      </DialogContent>
    </Dialog>
  );
}

function NewExperiment({ outcome, currency, channels, onAdd }: { outcome: Mix["outcome"]; currency: string; channels: readonly string[]; onAdd: (lift: MixLift) => void }) {
  const [channel, setChannel] = useState(channels[0] ?? "");
  const [from, setFrom] = useState("");
  const [to, setTo] = useState("");
  const [lift, setLift] = useState<number | null>(null);
  const [low, setLow] = useState<number | null>(null);
  const [high, setHigh] = useState<number | null>(null);
  const [holds, setHolds] = useState<Holds>("95");
  const [wrong, setWrong] = useState<string | null>(null);
  const amount = (label: string, value: number | null, set: (value: number | null) => void) => (
    <Field label={label}>
      {(control) =>
        outcome === "revenue" ? (
          <MoneyInput control={control} currency={currency} value={value} onChange={set} />
        ) : (
          <Input
            {...control}
            type="number"
            step="any"
            value={value ?? ""}
            className="tabular"
            onChange={(event) => set(Number.isFinite(event.target.valueAsNumber) ? event.target.valueAsNumber : null)}
          />
        )
      }
    </Field>
  );
  const add = () => {
    const told = lift === null || low === null || high === null ? null : { lift, low, high };
    const said = !channel
      ? "Name the channel."
      : !from || !to || to < from
        ? "Name the first and the last day, in this order."
        : !told
          ? "Give what the spend brought, and its range."
          : !(told.low < told.high && told.low <= told.lift && told.lift <= told.high)
            ? "The range must hold what was measured and be wider than nothing."
            : null;
    setWrong(said);
    if (said || !told) return;
    onAdd({ channel, from, to, scale: 0, lift: told.lift, standard_error: standardError(told.low, told.high, holds) });
    setFrom("");
    setTo("");
    for (const set of [setLift, setLow, setHigh]) set(null);
  };
  return (
    <fieldset className="space-y-3 rounded-lg border p-3">
      <legend className="px-1 text-[0.8125rem] font-medium">Add an experiment</legend>
      <div className="grid grid-cols-1 gap-3 sm:grid-cols-3">
        {channels.length > 0 ? (
          <div className="space-y-1.5">
            <span aria-hidden className="block text-sm font-medium">
              Channel
            </span>
            <Select label="Channel" value={channel} onChange={setChannel} options={channels.map((name) => ({ value: name, label: name }))} className="w-full justify-between" />
          </div>
        ) : (
          <Field label="Channel">{(control) => <Input {...control} value={channel} onChange={(event) => setChannel(event.target.value)} />}</Field>
        )}
        <Field label="First day">{(control) => <Input {...control} type="date" value={from} className="tabular" onChange={(event) => setFrom(event.target.value)} />}</Field>
        <Field label="Last day">{(control) => <Input {...control} type="date" value={to} className="tabular" onChange={(event) => setTo(event.target.value)} />}</Field>
        {amount(outcome === "revenue" ? "Revenue it brought" : "Orders it brought", lift, setLift)}
        {amount("Lower end", low, setLow)}
        {amount("Upper end", high, setHigh)}
      </div>
      <div className="flex flex-wrap items-center gap-3">
        <Select
          label="What the range holds"
          prefix="Range holds"
          value={holds}
          onChange={setHolds}
          options={[
            { value: "95", label: "95%" },
            { value: "90", label: "90%" },
          ]}
        />
        <Button variant="outline" onClick={add}>
          <Plus /> Add
        </Button>
        {wrong ? (
          <p role="alert" className="text-destructive text-xs">
            {wrong}
          </p>
        ) : null}
      </div>
      <p className="text-muted-foreground text-xs text-pretty">Against no spend at all on the channel in these days; whole weeks are taken.</p>
    </fieldset>
  );
}

/** What was told to the computation that is shown, and what it makes of it. */
export function KnownCard({ mix, question }: { mix: Mix; question: MixQuestion | null }) {
  const promotions = question?.promotions ?? [];
  const measured = mix.experiments ?? [];
  if (promotions.length === 0 && measured.length === 0) return null;
  const text = (value: number) => outcomeText(value, mix);
  const part = mix.parts.find((one) => one.kind === "control");
  return (
    <Card aria-label="What it was told">
      <CardHeader className="pt-4">
        <div>
          <CardTitle>What it was told</CardTitle>
          <CardDescription className="mt-0.5 text-pretty">
            Kept for the next computation. That the curves agree with an experiment is no proof, they have learnt from it; that they do not says that the weeks speak against it.
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="space-y-3 pt-1 text-[0.8125rem]">
        {promotions.length > 0 ? (
          <p>
            {plural(promotions.length, "day")} of promotion{part ? `, which brought about ${text(part.total.mean)} (${interval(part.total, text)})` : ", none of them in these weeks"}.
          </p>
        ) : null}
        {measured.length > 0 ? (
          <ul aria-label="Experiments" className="m-0 list-none divide-y border-t p-0">
            {measured.map((one, at) => (
              <li key={at} className="grid gap-x-4 gap-y-0.5 py-2 sm:grid-cols-[minmax(0,1fr)_auto_auto]">
                <span>
                  <span className="font-medium">{one.channel}</span>{" "}
                  <span className="text-muted-foreground">
                    {day(one.from)} to {day(one.to)}
                  </span>
                </span>
                <span className="tabular">
                  Measured {text(one.measured.mean)} <span className="text-muted-foreground text-2xs">{interval(one.measured, text)}</span>
                </span>
                <span className="tabular">
                  Curves say {text(one.fitted.mean)} <span className="text-muted-foreground text-2xs">{interval(one.fitted, text)}</span>
                </span>
              </li>
            ))}
          </ul>
        ) : null}
      </CardContent>
    </Card>
  );
}
