import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, Copy, Plug, Plus, Trash2 } from "lucide-react";
import { useId } from "react";

import { connectedQuery } from "@/api/channels";
import { guardrailsQuery } from "@/api/guardrails";
import type { AdSet, ChannelType, ConnectedChannel } from "@/api/loop-types";
import { Field } from "@/components/field";
import { MoneyInput } from "@/components/money-input";
import { Note } from "@/components/note";
import { ProviderMark } from "@/components/provider";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { TagsInput } from "@/components/tags-input";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { Switch } from "@/components/ui/switch";
import { useScope } from "@/hooks/use-scope";
import { dailyBudget, findingsAt, localId, newAdSet, PROVIDERS } from "@/lib/campaign";
import { cn } from "@/lib/cn";
import { country, countryCode, money } from "@/lib/format";

import { FindingList, type StepProps } from "./step";

/** A country to begin with: that of the shop's currency or zone, as far as it tells one. */
function homeOf(zone: string, currency: string): string {
  const zones: Record<string, string> = { Berlin: "DE", Vienna: "AT", Zurich: "CH", Stockholm: "SE", Paris: "FR", London: "GB", Amsterdam: "NL", Madrid: "ES", Rome: "IT", Copenhagen: "DK", Oslo: "NO", Helsinki: "FI", Warsaw: "PL", Tokyo: "JP", New_York: "US", Los_Angeles: "US", Chicago: "US" };
  const currencies: Record<string, string> = { JPY: "JP", USD: "US", GBP: "GB", SEK: "SE", CHF: "CH", DKK: "DK", NOK: "NO", PLN: "PL", EUR: "DE" };
  return zones[zone.split("/").at(-1) ?? ""] ?? currencies[currency] ?? "";
}

export function ChannelsStep(props: StepProps) {
  const { document, set, brand } = props;
  const { site } = useScope();
  const connected = useQuery(connectedQuery(site.key));
  const guardrails = useQuery(guardrailsQuery);
  const usable = (connected.data?.rows ?? []).filter((row) => row.status !== "disconnected" && row.status !== "choosing");
  const context = { currency: document.currency, country: homeOf(site.time_zone, site.currency), brand };
  const used = (id: string) => document.ad_sets.some((one) => one.channel_id === id);
  const toggle = (channel: ConnectedChannel) => {
    const like = { id: channel.id, type: channel.type as ChannelType, name: channel.name };
    set({ ad_sets: used(channel.id) ? document.ad_sets.filter((one) => one.channel_id !== channel.id) : [...document.ad_sets, newAdSet(like, context)] });
  };
  const change = (index: number, part: Partial<AdSet>) => set({ ad_sets: document.ad_sets.map((one, at) => (at === index ? { ...one, ...part } : one)) });
  if (connected.isError) {
    return (
      <Card>
        <ErrorState error={connected.error} onRetry={() => void connected.refetch()} />
      </Card>
    );
  }
  if (connected.isPending) return <Skeleton role="status" aria-label="Loading" className="h-56 rounded-xl" />;
  if (usable.length === 0) {
    return (
      <Card>
        <NothingYet
          icon={Plug}
          title="No channel is connected yet"
          className="py-20"
          action={
            <Button asChild>
              <Link to="/channels">
                <Plug /> Connect a channel
              </Link>
            </Button>
          }
        >
          A campaign runs on connected accounts. The practice channel needs none and costs nothing.
        </NothingYet>
      </Card>
    );
  }
  const total = dailyBudget(document);
  const cap = guardrails.data?.data.campaign_daily_cap;
  const over = cap != null && guardrails.data?.data.currency === document.currency && total > cap;
  return (
    <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_23rem]">
      <div className="min-w-0 space-y-5">
        <Card>
          <CardHeader>
            <CardTitle>Where does it run?</CardTitle>
          </CardHeader>
          <CardContent>
            <ul className="grid gap-2.5 sm:grid-cols-2">
              {usable.map((channel) => {
                const on = used(channel.id);
                const known = channel.type in PROVIDERS;
                return (
                  <li key={channel.id}>
                    <button
                      type="button"
                      role="checkbox"
                      aria-checked={on}
                      disabled={!known}
                      onClick={() => toggle(channel)}
                      className={cn(
                        "focus-ring bg-card hover:border-border-strong flex w-full items-center gap-3 rounded-lg border p-3 text-left transition-colors disabled:opacity-50",
                        on && "border-primary bg-accent-soft",
                      )}
                    >
                      <ProviderMark type={channel.type} />
                      <span className="min-w-0 flex-1">
                        <span className="block truncate text-[0.8125rem] font-medium">{channel.name}</span>
                        <span className="text-muted-foreground block truncate text-xs">
                          {PROVIDERS[channel.type as ChannelType]?.name ?? channel.type}
                          {channel.status === "connected" ? "" : channel.status === "needs_reauth" ? " · sign in again first" : " · failing at the moment"}
                        </span>
                      </span>
                      <span aria-hidden className={cn("grid size-5 place-items-center rounded-sm border", on ? "bg-primary border-primary text-primary-foreground" : "border-border-strong")}>
                        {on ? <Check className="size-3.5" /> : null}
                      </span>
                    </button>
                  </li>
                );
              })}
            </ul>
            <FindingList findings={findingsAt(props.findings, "/ad_sets")} className="mt-3" />
          </CardContent>
        </Card>
        {document.ad_sets.map((one, index) => (
          <AdSetCard
            key={one.id}
            {...props}
            adSet={one}
            index={index}
            channelName={usable.find((row) => row.id === one.channel_id)?.name ?? PROVIDERS[one.channel].name}
            onChange={(part) => change(index, part)}
            onRemove={() => set({ ad_sets: document.ad_sets.filter((_, at) => at !== index) })}
            onCopy={() =>
              set({
                ad_sets: document.ad_sets.flatMap((other, at) =>
                  at === index ? [other, { ...one, id: localId(), name: `${one.name} (copy)`.slice(0, 120), ads: one.ads.map((ad) => ({ ...ad, id: localId() })) }] : [other],
                ),
              })
            }
            onAdd={() => {
              const fresh = newAdSet({ id: one.channel_id, type: one.channel, name: "" }, { ...context, number: document.ad_sets.filter((other) => other.channel_id === one.channel_id).length + 1 });
              set({ ad_sets: document.ad_sets.flatMap((other, at) => (at === index ? [other, fresh] : [other])) });
            }}
          />
        ))}
      </div>
      <Card className="xl:sticky xl:top-20">
        <CardHeader>
          <CardTitle>Budget</CardTitle>
        </CardHeader>
        <CardContent className="space-y-4">
          <div>
            <p className="text-muted-foreground text-xs">A day, at most</p>
            <p aria-live="polite" className="tabular text-2xl leading-9 font-semibold tracking-tight">
              {money(total, document.currency)}
            </p>
            {cap != null ? (
              <p className={cn("text-xs", over ? "text-destructive" : "text-muted-foreground")}>
                {over ? "Over the" : "Of the"} {money(cap, document.currency)} a campaign may spend a day (
                <Link to="/guardrails" className="focus-ring rounded-sm underline underline-offset-2">
                  guardrails
                </Link>
                )
              </p>
            ) : null}
          </div>
          <ul className="space-y-1.5 text-[0.8125rem]">
            {document.ad_sets
              .filter((one) => one.channel !== "klaviyo")
              .map((one) => (
                <li key={one.id} className="flex items-center gap-2">
                  <ProviderMark type={one.channel} size="sm" />
                  <span className="min-w-0 flex-1 truncate">{one.name}</span>
                  <span className={cn("tabular", one.status === "paused" && "text-muted-foreground line-through")}>{money(one.budget_daily, document.currency)}</span>
                </li>
              ))}
          </ul>
          <Field label="Over the whole run" optional hint="Empty: no limit but the daily one." error={props.problem("/budget_total")}>
            {(control) => (
              <MoneyInput control={control} currency={document.currency} value={document.budget_total} placeholder="No limit" onChange={(budget_total) => set({ budget_total })} onError={(error) => props.report("/budget_total", error)} />
            )}
          </Field>
          <FindingList findings={findingsAt(props.findings, "/budget_total")} />
          {document.ad_sets.length === 0 ? <Note title="Choose at least one channel" /> : null}
        </CardContent>
      </Card>
    </div>
  );
}

function AdSetCard({
  adSet,
  index,
  channelName,
  document,
  problem,
  report,
  findings,
  onChange,
  onRemove,
  onCopy,
  onAdd,
}: StepProps & {
  adSet: AdSet;
  index: number;
  channelName: string;
  onChange: (part: Partial<AdSet>) => void;
  onRemove: () => void;
  onCopy: () => void;
  onAdd: () => void;
}) {
  const at = `/ad_sets/${index}`;
  const id = useId();
  const mail = adSet.channel === "klaviyo";
  const search = adSet.channel === "google_ads";
  const audience = (part: Partial<AdSet["audience"]>) => onChange({ audience: { ...adSet.audience, ...part } });
  const age = (field: "age_min" | "age_max", label: string) => (
    <Field label={label} error={problem(`${at}/audience/${field}`)}>
      {(control) => (
        <Input
          {...control}
          type="number"
          min={13}
          max={65}
          placeholder="Any"
          value={adSet.audience[field] ?? ""}
          onChange={(event) => {
            const value = event.target.value === "" ? null : Math.round(Number(event.target.value));
            report(`${at}/audience/${field}`, value !== null && !(value >= 13 && value <= 65) ? "13 to 65." : undefined);
            audience({ [field]: value !== null && value >= 0 && value <= 255 ? value : null });
          }}
          className="tabular"
        />
      )}
    </Field>
  );
  return (
    <Card aria-labelledby={id}>
      <CardHeader className="border-b">
        <ProviderMark type={adSet.channel} />
        <CardTitle id={id} className="min-w-0 truncate">
          {channelName} · {adSet.name}
        </CardTitle>
        {adSet.status === "paused" ? <Badge variant="outline">Paused</Badge> : null}
        <div className="ml-auto flex items-center gap-1">
          {mail ? null : (
            <>
              <Button variant="ghost" size="icon-sm" aria-label={`Another ad set on ${channelName}`} title="Another ad set on this channel" onClick={onAdd}>
                <Plus />
              </Button>
              <Button variant="ghost" size="icon-sm" aria-label={`Copy ${adSet.name}`} title="Copy with its ads" onClick={onCopy}>
                <Copy />
              </Button>
            </>
          )}
          <Button variant="ghost" size="icon-sm" aria-label={`Remove ${adSet.name}`} title="Remove" onClick={onRemove}>
            <Trash2 />
          </Button>
        </div>
      </CardHeader>
      <CardContent className="grid gap-4 pt-4 sm:grid-cols-2">
        <Field label="Name" error={problem(`${at}/name`)}>
          {(control) => <Input {...control} value={adSet.name} maxLength={120} onChange={(event) => onChange({ name: event.target.value })} />}
        </Field>
        {mail ? (
          <Field label="List or segment" hint="Its id in Klaviyo, from the list's address there." error={problem(`${at}/audience/list_id`)}>
            {(control) => <Input {...control} value={adSet.audience.list_id} onChange={(event) => audience({ list_id: event.target.value.trim() })} className="font-mono text-[0.8125rem]" />}
          </Field>
        ) : (
          <Field label="Daily budget" error={problem(`${at}/budget_daily`)}>
            {(control) => (
              <MoneyInput control={control} currency={document.currency} value={adSet.budget_daily} onChange={(minor) => onChange({ budget_daily: minor ?? 0 })} onError={(error) => report(`${at}/budget_daily`, error)} />
            )}
          </Field>
        )}
        {mail ? null : (
          <Field label="Countries" hint={adSet.audience.countries.length === 0 ? "Nobody is left out." : "By name or code, each followed by Enter."} className="sm:col-span-2">
            {(control) => (
              <TagsInput
                control={control}
                values={adSet.audience.countries}
                onChange={(countries) => audience({ countries: [...new Set(countries.map((text) => countryCode(text) ?? text))] })}
                accept={(text) => countryCode(text) !== null}
                show={(code) => country(code)}
                placeholder="Germany, Austria"
              />
            )}
          </Field>
        )}
        {search ? (
          <Field label="Keywords" hint="What people search for. Broad match: close words count, too." className="sm:col-span-2">
            {(control) => <TagsInput control={control} values={adSet.audience.keywords} onChange={(keywords) => audience({ keywords })} placeholder="warm lamps, scandinavian lighting" />}
          </Field>
        ) : null}
        {mail || search ? null : (
          <div className="grid grid-cols-2 gap-3">
            {age("age_min", "Age from")}
            {age("age_max", "Age to")}
          </div>
        )}
        {mail ? null : (
          <div className="space-y-1.5">
            <p className="text-[0.8125rem] font-medium">Bidding</p>
            <Select
              label="Bidding"
              value={adSet.bid_strategy}
              onChange={(bid_strategy) => onChange({ bid_strategy })}
              options={[
                { value: "lowest_cost", label: "Most results for the budget", hint: "The channel looks for the objective at the lowest cost" },
                { value: "maximize_clicks", label: "Most clicks for the budget" },
              ]}
              className="w-full justify-between"
            />
          </div>
        )}
        <div className="flex items-center gap-3 sm:col-span-2">
          <Switch label={`${adSet.name} is to run`} checked={adSet.status === "active"} onChange={(on) => onChange({ status: on ? "active" : "paused" })} />
          <span className="text-muted-foreground text-[0.8125rem]">{adSet.status === "active" ? "Runs when the campaign is live" : "Rests: it costs nothing and shows nothing"}</span>
        </div>
        <FindingList findings={findings.filter((one) => one.field.startsWith(`${at}/`) && !one.field.startsWith(`${at}/ads`))} className="sm:col-span-2" />
      </CardContent>
    </Card>
  );
}
