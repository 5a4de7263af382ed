import { useQuery, useQueryClient } from "@tanstack/react-query";
import { ArrowLeft, LoaderCircle } from "lucide-react";
import { type ReactNode, useState } from "react";

import { createHoldout, type Design, holdoutPlanQuery, type Plan } from "@/api/holdouts";
import { ApiError } from "@/api/problem";
import { channelsQuery } from "@/api/queries";
import { Field } from "@/components/field";
import { MoneyInput } from "@/components/money-input";
import { Note } from "@/components/note";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { useCreate } from "@/hooks/use-create";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { addDays } from "@/lib/dates";
import { count, money, percent, plural } from "@/lib/format";
import { tell } from "@/lib/told";

import { METHODS, regionName } from "./test-words";

/** Nobody can switch these off. */
const NOT_TESTABLE = new Set(["Direct", "Unassigned"]);
const SIDES = [
  { value: "off", label: "Off" },
  { value: "on", label: "On" },
  { value: "out", label: "Leave out" },
] as const;
type Side = (typeof SIDES)[number]["value"];

/** A new test: what is switched off, where and when, and what it would find. */
export function NewTest({ onMade, onClose }: { onMade: (id: string) => void; onClose: () => void }) {
  const { site, today, query } = useScope();
  const queryClient = useQueryClient();
  const known = useQuery(channelsQuery(query, { by: "channel" }));
  const channels = (known.data?.rows ?? []).map((row) => row.channel).filter((name) => !NOT_TESTABLE.has(name));
  const [name, setName] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const channel = chosen ?? channels[0] ?? "Paid Search";
  const [kind, setKind] = useState<Design["kind"]>("region");
  const [by, setBy] = useState<"country" | "region">("country");
  const [sides, setSides] = useState<Record<string, Side>>({});
  const [from, setFrom] = useState(addDays(today, 7));
  const [to, setTo] = useState(addDays(today, 34));
  const [settle, setSettle] = useState("0");
  const [outcome, setOutcome] = useState<"orders" | "revenue">("orders");
  const [spend, setSpend] = useState<number | null>(null);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const region = kind === "region";
  const of = (side: Side) => (region ? Object.keys(sides).filter((id) => sides[id] === side) : []);
  const design: Design = {
    channel,
    kind,
    by,
    treated: of("off"),
    control: of("on"),
    from,
    to,
    settle_days: Number.isInteger(Number(settle)) ? Number(settle) : -1,
    outcome,
    ...(spend === null ? {} : { spend }),
  };
  const asked = useQuery(holdoutPlanQuery({ site: site.key, design }));
  const refused = asked.error instanceof ApiError ? asked.error.fields : [];
  const wrong = (field: string) => errors[field] ?? refused.find((one) => one.field === field)?.detail;
  const anySide = [...refused, ...Object.entries(errors).map(([field, detail]) => ({ field, detail }))].find(({ field }) => /^\/design\/(treated|control)/.test(field))?.detail;
  const create = useCreate(createHoldout, {
    onSuccess: async (made) => {
      await queryClient.invalidateQueries({ queryKey: ["holdouts"] });
      onMade(made.id);
    },
    onError: (error) => {
      if (error instanceof ApiError && error.fields.length) setErrors(Object.fromEntries(error.fields.map((one) => [one.field, one.detail])));
      else tell(error);
    },
  });
  const put = (id: string, side: Side) => {
    setErrors({});
    setSides((all) => ({ ...all, [id]: side }));
  };
  const submit = () => {
    const text = name.trim();
    setErrors(text ? {} : { "/name": "Give it a name." });
    if (text && !create.isPending) create.mutate({ site: site.key, name: text, design });
  };
  const plan = asked.data;
  return (
    <form
      noValidate
      className="space-y-4"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <Button variant="ghost" size="sm" className="-ml-2" onClick={onClose}>
        <ArrowLeft /> All tests
      </Button>
      <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_22rem]">
        <Card aria-label="New test" className="min-w-0">
          <CardHeader className="pt-4">
            <div>
              <CardTitle>New test</CardTitle>
              <CardDescription className="mt-0.5">It switches nothing off itself: you do, where you run the channel. Days may be past, if a channel was off before.</CardDescription>
            </div>
          </CardHeader>
          <CardContent className="space-y-5 pt-1">
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label="Name" error={wrong("/name")}>
                {(control) => <Input {...control} value={name} maxLength={120} placeholder={`Do we need ${channel}?`} onChange={(event) => setName(event.target.value)} />}
              </Field>
              <Labelled label="Channel to switch off" error={wrong("/design/channel")}>
                <Select label="Channel to switch off" value={channel} onChange={setChosen} options={(channels.length ? channels : [channel]).map((one) => ({ value: one, label: one }))} />
              </Labelled>
            </div>
            <Labelled label="Where" hint={region ? "Off in some regions, on in others that are like them: the surest way." : "Off everywhere, compared with the weeks before. Less sure: whatever else happens meanwhile counts, too."}>
              <Segmented
                label="Where it is switched off"
                value={kind}
                onChange={setKind}
                segments={[
                  { value: "region", label: "In some regions" },
                  { value: "time", label: "Everywhere, for a while" },
                ]}
              />
            </Labelled>
            <div className="grid grid-cols-2 gap-4 sm:grid-cols-3">
              <Field label="First day off" error={wrong("/design/from")}>
                {(control) => <Input {...control} type="date" value={from} onChange={(event) => event.target.value && setFrom(event.target.value)} className="tabular" />}
              </Field>
              <Field label="Last day off" error={wrong("/design/to")}>
                {(control) => <Input {...control} type="date" value={to} onChange={(event) => event.target.value && setTo(event.target.value)} className="tabular" />}
              </Field>
              <Field label="Days not counted" hint="At the start, while earlier ads still sell." error={wrong("/design/settle_days")} className="col-span-2 sm:col-span-1">
                {(control) => <Input {...control} inputMode="numeric" value={settle} onChange={(event) => setSettle(event.target.value)} className="tabular" />}
              </Field>
            </div>
            {region ? (
              <Regions plan={plan} failed={asked.isError && !plan} by={by} onBy={(next) => { setBy(next); setSides({}); }} sides={sides} onSide={put} onAll={setSides} error={anySide} />
            ) : null}
            <div className="grid gap-4 sm:grid-cols-2">
              <Labelled label="Counts first">
                <Segmented
                  label="What counts first"
                  value={outcome}
                  onChange={setOutcome}
                  segments={[
                    { value: "orders", label: "Orders" },
                    { value: "revenue", label: "Revenue" },
                  ]}
                />
              </Labelled>
              <Field label="What is not spent because of it" optional hint="For incremental ROAS and the cost of an order." error={wrong("/design/spend")}>
                {(control) => <MoneyInput control={control} currency={site.currency} value={spend} onChange={setSpend} />}
              </Field>
            </div>
            <div className="flex flex-col-reverse gap-2 border-t pt-4 sm:flex-row sm:justify-end">
              <Button variant="outline" onClick={onClose}>
                Cancel
              </Button>
              <Button type="submit" disabled={create.isPending}>
                {create.isPending ? <LoaderCircle className="animate-spin" /> : null} Set it up
              </Button>
            </div>
          </CardContent>
        </Card>
        <Card aria-label="What it would find" className="min-w-0 lg:sticky lg:top-20">
          <CardHeader className="pt-4">
            <CardTitle>What it would find</CardTitle>
          </CardHeader>
          <CardContent className="pt-1" aria-live="polite">
            {asked.isError && refused.length === 0 ? (
              <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
            ) : refused.length ? (
              <p className="text-muted-foreground py-4 text-[0.8125rem] text-pretty">Nothing can be said yet: see what is marked.</p>
            ) : plan ? (
              <Finds plan={plan} design={design} stale={asked.isPlaceholderData} />
            ) : (
              <Skeleton role="status" aria-label="Loading" className="h-40 w-full rounded-lg" />
            )}
          </CardContent>
        </Card>
      </div>
    </form>
  );
}

function Labelled({ label, hint, error, children }: { label: string; hint?: string; error?: string | undefined; children: ReactNode }) {
  return (
    <div className="min-w-0 space-y-1.5">
      <p className="text-[0.8125rem] font-medium">{label}</p>
      {children}
      {error ? <p className="text-destructive text-xs text-pretty">{error}</p> : null}
      {hint ? <p className="text-muted-foreground text-xs text-pretty">{hint}</p> : null}
    </div>
  );
}

function Regions({
  plan,
  failed,
  by,
  onBy,
  sides,
  onSide,
  onAll,
  error,
}: {
  plan: Plan | undefined;
  failed: boolean;
  by: "country" | "region";
  onBy: (by: "country" | "region") => void;
  sides: Record<string, Side>;
  onSide: (id: string, side: Side) => void;
  onAll: (sides: Record<string, Side>) => void;
  error: string | undefined;
}) {
  const rows = plan?.regions ?? [];
  return (
    <fieldset className="min-w-0 space-y-2">
      <legend className="sr-only">Regions</legend>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <p aria-hidden className="text-[0.8125rem] font-medium">
          Regions
        </p>
        <Segmented
          label="What a region is"
          className="ml-auto"
          value={by}
          onChange={onBy}
          segments={[
            { value: "country", label: "Countries" },
            { value: "region", label: "Regions of countries" },
          ]}
        />
        {rows.length ? (
          <Button variant="outline" size="sm" onClick={() => onAll(Object.fromEntries(rows.map((row) => [row.id, sides[row.id] === "off" ? "off" : "on"])))}>
            All others on
          </Button>
        ) : null}
      </div>
      {error ? <p className="text-destructive text-xs text-pretty">{error}</p> : null}
      {rows.length === 0 ? (
        <p className="text-muted-foreground rounded-lg border px-4 py-6 text-center text-xs text-pretty">
          {plan ? "No orders whose place is known in the eight weeks before. Test for a while instead, or have your server send the country of its orders." : failed ? "Which regions there are is not known." : "Looking where orders come from…"}
        </p>
      ) : (
        <ul className="thin-scroll max-h-80 divide-y overflow-y-auto rounded-lg border" aria-label="Regions with orders">
          {rows.map((row) => (
            <li key={row.id} className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-3 py-2">
              <span className="min-w-0 flex-1 basis-32">
                <span className="block truncate text-[0.8125rem]">{regionName(row.id)}</span>
                <span className="text-muted-foreground tabular block text-2xs">
                  {count(row.orders_a_day, { digits: 1 })} orders a day · {percent(row.share, { digits: 0 })}
                </span>
              </span>
              <Segmented label={regionName(row.id)} value={sides[row.id] ?? "out"} onChange={(side) => onSide(row.id, side)} segments={[...SIDES]} />
            </li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}

function Finds({ plan, design, stale }: { plan: Plan; design: Design; stale: boolean }) {
  const { detectable, claimed } = plan;
  const revenue = design.outcome === "revenue";
  const share = revenue ? detectable?.value_share : detectable?.orders_share;
  return (
    <div className={cn("space-y-4 text-[0.8125rem] transition-opacity", stale && "opacity-60")}>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-3">
        <div>
          <dt className="text-muted-foreground text-xs">Orders a day where it is off</dt>
          <dd className="tabular font-medium">{count(plan.treated_a_day, { digits: 1 })}</dd>
        </div>
        {design.kind === "region" ? (
          <div>
            <dt className="text-muted-foreground text-xs">Where it stays on</dt>
            <dd className="tabular font-medium">{count(plan.control_a_day, { digits: 1 })}</dd>
          </div>
        ) : null}
      </dl>
      {detectable && share != null ? (
        <div>
          <p className="text-muted-foreground text-xs">Finds, four times in five</p>
          <p className="tabular mt-0.5 text-lg leading-6 font-semibold">
            {revenue ? money(Math.round(detectable.value), plan.currency, { whole: true }) : `${count(Math.ceil(detectable.orders))} orders`}
          </p>
          <p className="text-muted-foreground text-xs text-pretty">
            or more, in {plural(plan.days, "day")}: {percent(share, { digits: 0 })} of what is sold there. Tried on {plural(plan.windows, "earlier window")} of your own orders
            {plan.method ? `, by ${(METHODS[plan.method]?.[0] ?? plan.method).toLowerCase()}` : ""}.
          </p>
        </div>
      ) : plan.method ? null : (
        <p className="text-muted-foreground text-pretty">Choose where it is off, and where it stays on to compare with: three regions on each side are a good test.</p>
      )}
      {claimed ? (
        <p className="text-pretty">
          Last touch credits {design.channel} with{" "}
          <span className="tabular font-medium">
            {revenue ? money(Math.round(claimed.value), plan.currency, { whole: true }) : `${count(claimed.orders, { digits: 0 })} orders`} ({percent(revenue ? claimed.value_share : claimed.orders_share, { digits: 0 })})
          </span>{" "}
          there.
        </p>
      ) : null}
      {plan.notes.map((note) => (
        <Note key={note.words} tone={note.warning ? "warning" : "plain"} title={note.words} />
      ))}
    </div>
  );
}
