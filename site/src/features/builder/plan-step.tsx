import { Eye, MousePointerClick, ShoppingBag, UserPlus } from "lucide-react";
import { RadioGroup } from "radix-ui";
import { useState } from "react";

import { Field } from "@/components/field";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { useScope } from "@/hooks/use-scope";
import { findingsAt, OBJECTIVES, PROVIDERS, slug, suggestedName, tomorrowAtNine, trackedUrl } from "@/lib/campaign";
import { addDays } from "@/lib/dates";
import { fromLocal, toLocal, zoneName } from "@/lib/zoned";

import { FindingList, type StepProps } from "./step";

const ICONS = { sales: ShoppingBag, leads: UserPlus, traffic: MousePointerClick, awareness: Eye };

export function PlanStep({ document, set, problem, report, findings }: StepProps) {
  const { site, today } = useScope();
  const [opened] = useState(() => Date.now());
  const suggested = OBJECTIVES.some((one) => suggestedName(one.value, today) === document.name);
  const named = (name: string) => ({ name, ...(document.utm_campaign === slug(document.name) ? { utm_campaign: slug(name) } : {}) });
  const first = document.ad_sets[0]?.channel ?? "meta";
  const link = trackedUrl(document.landing_url, document.utm_campaign, first, "");
  return (
    <div className="grid items-start gap-5 xl:grid-cols-[minmax(0,1fr)_23rem]">
      <div className="space-y-5">
        <Card>
          <CardHeader>
            <CardTitle>What is it for?</CardTitle>
          </CardHeader>
          <CardContent className="space-y-5">
            <RadioGroup.Root
              aria-label="Objective"
              value={document.objective}
              onValueChange={(value) => {
                const objective = value as typeof document.objective;
                set({ objective, ...(suggested ? named(suggestedName(objective, today)) : {}) });
              }}
              className="grid grid-cols-2 gap-2.5 lg:grid-cols-4"
            >
              {OBJECTIVES.map(({ value, label, hint }) => {
                const Icon = ICONS[value];
                return (
                  <RadioGroup.Item
                    key={value}
                    value={value}
                    className="focus-ring bg-card hover:border-border-strong data-[state=checked]:border-primary data-[state=checked]:bg-accent-soft group flex flex-col items-start rounded-lg border p-3 text-left transition-colors"
                  >
                    <Icon aria-hidden className="text-muted-foreground group-data-[state=checked]:text-link mb-2 size-4" />
                    <span className="text-[0.8125rem] font-medium">{label}</span>
                    <span className="text-muted-foreground text-xs text-pretty">{hint}</span>
                  </RadioGroup.Item>
                );
              })}
            </RadioGroup.Root>
            <Field label="Name" hint="For you and your team; it is how the campaign is found again at each channel." error={problem("/name")}>
              {(control) => <Input {...control} value={document.name} maxLength={120} onChange={(event) => set(named(event.target.value))} />}
            </Field>
            <FindingList findings={findingsAt(findings, "/name")} />
          </CardContent>
        </Card>
        <Card>
          <CardHeader>
            <CardTitle>Where do clicks lead?</CardTitle>
          </CardHeader>
          <CardContent className="space-y-4">
            <Field label="Landing page" error={problem("/landing_url")}>
              {(control) => <Input {...control} type="url" inputMode="url" placeholder="https://" value={document.landing_url} onChange={(event) => set({ landing_url: event.target.value })} />}
            </Field>
            <FindingList findings={findingsAt(findings, "/landing_url")} />
            <Field label="UTM campaign" hint="The name clicks, orders and costs meet under in every report. It follows the name unless you change it." error={problem("/utm_campaign")}>
              {(control) => <Input {...control} value={document.utm_campaign} maxLength={120} onChange={(event) => set({ utm_campaign: event.target.value })} className="font-mono text-[0.8125rem]" />}
            </Field>
            <FindingList findings={findingsAt(findings, "/utm_campaign")} />
          </CardContent>
        </Card>
        <Card>
          <CardHeader>
            <CardTitle>When does it run?</CardTitle>
            <span className="text-muted-foreground ml-auto text-xs">{zoneName(opened, site.time_zone)}</span>
          </CardHeader>
          <CardContent className="grid gap-5 sm:grid-cols-2">
            <When
              label="Start"
              none="When published"
              value={document.start_at}
              fallback={tomorrowAtNine(today)}
              onChange={(start_at) => set({ start_at })}
              onError={(error) => report("/start_at", error)}
              error={problem("/start_at")}
            />
            <When
              label="End"
              none="Until ended"
              value={document.end_at}
              fallback={`${addDays(document.start_at ? toLocal(document.start_at, site.time_zone).slice(0, 10) : today, 30)}T23:59`}
              onChange={(end_at) => set({ end_at })}
              onError={(error) => report("/end_at", error)}
              error={problem("/end_at")}
            />
            <FindingList findings={[...findingsAt(findings, "/start_at"), ...findingsAt(findings, "/end_at")]} className="sm:col-span-2" />
          </CardContent>
        </Card>
      </div>
      <Card className="xl:sticky xl:top-20">
        <CardHeader>
          <CardTitle>A link of this campaign</CardTitle>
        </CardHeader>
        <CardContent>
          {link ? (
            <p className="bg-muted/60 rounded-md border p-3 font-mono text-xs leading-5 break-all">{link}</p>
          ) : (
            <p className="text-muted-foreground text-[0.8125rem]">Enter the landing page to see it.</p>
          )}
          <p className="text-muted-foreground mt-3 text-xs text-pretty">
            As on {PROVIDERS[first].name}. The parameters are added for each channel and ad, so every order can be traced to the ad that brought it.
          </p>
        </CardContent>
      </Card>
    </div>
  );
}

function When({
  label,
  none,
  value,
  fallback,
  onChange,
  onError,
  error,
}: {
  label: string;
  none: string;
  value: number | null;
  fallback: string;
  onChange: (at: number | null) => void;
  onError: (error: string | undefined) => void;
  error: string | undefined;
}) {
  const { site } = useScope();
  const [typed, setTyped] = useState(() => (value === null ? "" : toLocal(value, site.time_zone)));
  const type = (text: string) => {
    setTyped(text);
    const at = fromLocal(text, site.time_zone);
    onError(at === null ? "Choose a day and a time." : undefined);
    if (at !== null) onChange(at);
  };
  return (
    <div className="space-y-2">
      <Segmented
        label={label}
        value={value === null ? "none" : "at"}
        onChange={(next) => {
          if (next === "at") type(fallback);
          else {
            onError(undefined);
            onChange(null);
          }
        }}
        segments={[
          { value: "none", label: none },
          { value: "at", label: label === "Start" ? "Start at" : "End at" },
        ]}
      />
      {value === null ? null : (
        <Field label={`${label}, day and time`} hideLabel error={error}>
          {(control) => <Input {...control} type="datetime-local" value={typed} onChange={(event) => type(event.target.value)} className="tabular" />}
        </Field>
      )}
    </div>
  );
}
