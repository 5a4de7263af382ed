import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Eye, LoaderCircle, MessageSquareText, OctagonX, Play, Zap } from "lucide-react";
import { RadioGroup } from "radix-ui";
import { useState } from "react";
import { toast } from "sonner";

import type { Answer } from "@/api/call";
import { type GuardrailsWrite, releaseSpending, saveGuardrails, stopSpending } from "@/api/campaigns";
import { guardrailsQuery } from "@/api/guardrails";
import type { Guardrails } from "@/api/loop-types";
import { ApiError } from "@/api/problem";
import { Confirm } from "@/components/confirm";
import { Field } from "@/components/field";
import { Page } from "@/components/layout/page";
import { MoneyInput } from "@/components/money-input";
import { Note } from "@/components/note";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { Textarea } from "@/components/ui/textarea";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ago, count, money, percent, plural } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";
import { isConflict, tell } from "@/lib/told";

export function GuardrailsPage() {
  const { me } = useScope();
  const query = useQuery(guardrailsQuery);
  const manager = allows(me, "manage_guardrails");
  // Read again in the background every minute: what somebody is typing must not be swept away by that.
  const [epoch, setEpoch] = useState(0);
  return (
    <Page narrow title="Guardrails" description="What may be spent, what agents may do by themselves, and the switch that stops it all.">
      {query.isError && !query.data ? (
        <Card>
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        </Card>
      ) : query.isPending ? (
        <div role="status" aria-label="Loading" className="space-y-5">
          <Skeleton className="h-24 w-full rounded-xl" />
          <Skeleton className="h-96 w-full rounded-xl" />
        </div>
      ) : (
        <>
          <KillSwitch guardrails={query.data.data} />
          {manager ? null : <Note title={`You can see the limits here; ${whoMay("manage_guardrails")} change them.`} />}
          <Limits key={epoch} current={query.data} manager={manager} onSettled={() => setEpoch(epoch + 1)} />
        </>
      )}
    </Page>
  );
}

function KillSwitch({ guardrails }: { guardrails: Guardrails }) {
  const { me } = useScope();
  const queryClient = useQueryClient();
  const [asking, setAsking] = useState<"stop" | "release" | null>(null);
  const [reason, setReason] = useState("");
  const done = () => queryClient.invalidateQueries({ queryKey: ["guardrails"] });
  const stop = useMutation({
    mutationFn: () => stopSpending(reason.trim()),
    onSuccess: async ({ paused }) => {
      setAsking(null);
      setReason("");
      toast.success("Spending is stopped", {
        description: paused.length > 0 ? `${plural(paused.length, "live campaign is", "live campaigns are")} being paused on the channels; nothing new goes out.` : "Nothing was live; nothing new goes out.",
      });
      await done();
    },
    onError: tell,
  });
  const release = useMutation({
    mutationFn: releaseSpending,
    onSuccess: async () => {
      setAsking(null);
      toast.success("Released", { description: "Nothing starts by itself: resume the campaigns that are to run." });
      await done();
    },
    onError: tell,
  });
  const stopped = guardrails.spending_stopped;
  return (
    <section aria-label="Kill switch" className={cn("flex flex-wrap items-center gap-x-5 gap-y-3 rounded-xl border p-4 sm:p-5", stopped ? "bg-destructive-soft border-destructive/30" : "bg-card shadow-card")}>
      <span className={cn("grid size-10 shrink-0 place-items-center rounded-full", stopped ? "bg-destructive dark:text-background text-white" : "bg-positive-soft text-positive")}>
        {stopped ? <OctagonX aria-hidden className="size-5" /> : <Play aria-hidden className="size-5" />}
      </span>
      <div className="min-w-0 flex-1 basis-56">
        <h2 className="text-sm font-semibold">{stopped ? "All spending is stopped" : "Spending is allowed within the limits"}</h2>
        <p className="text-muted-foreground text-[0.8125rem] text-pretty break-words">
          {stopped
            ? guardrails.stopped_reason || "No reason was given."
            : "The kill switch stops everything that can spend, on every channel, at once. It is checked last before each call to a channel."}
        </p>
      </div>
      {stopped ? (
        allows(me, "manage_guardrails") ? (
          <Button variant="outline" onClick={() => setAsking("release")}>
            <Play /> Release
          </Button>
        ) : (
          <p className="text-muted-foreground text-xs">{whoMay("manage_guardrails").replace(/^./, (letter) => letter.toUpperCase())} can release it.</p>
        )
      ) : allows(me, "stop_spending") ? (
        <Button variant="destructive" onClick={() => setAsking("stop")}>
          <OctagonX /> Stop all spending
        </Button>
      ) : (
        <p className="text-muted-foreground text-xs">{whoMay("stop_spending").replace(/^./, (letter) => letter.toUpperCase())} can pull it.</p>
      )}
      <Confirm
        open={asking === "stop"}
        onOpenChange={(open) => setAsking(open ? "stop" : null)}
        title="Stop all spending"
        description="Nothing new is published, and what runs is paused on its channels. Everybody sees why."
        action="Stop all spending"
        destructive
        pending={stop.isPending}
        disabled={reason.trim() === ""}
        onConfirm={() => stop.mutate()}
      >
        <Field label="Why?">{(control) => <Textarea {...control} value={reason} maxLength={500} onChange={(event) => setReason(event.target.value)} />}</Field>
      </Confirm>
      <Confirm
        open={asking === "release"}
        onOpenChange={(open) => setAsking(open ? "release" : null)}
        title="Release the kill switch"
        description="Campaigns can be published and resumed again. Nothing starts by itself."
        action="Release"
        pending={release.isPending}
        onConfirm={() => release.mutate()}
      />
    </section>
  );
}

const AUTONOMY = [
  { value: "observe", label: "Observe", icon: Eye, hint: "Agents read and report. They propose nothing." },
  { value: "propose", label: "Propose", icon: MessageSquareText, hint: "Agents propose; a person approves each change." },
  { value: "act", label: "Act within limits", icon: Zap, hint: "Agents move budgets by themselves up to the limit below; everything else is proposed." },
] as const;

function Limits({ current, manager, onSettled }: { current: Answer<Guardrails>; manager: boolean; onSettled: () => void }) {
  const [answer] = useState(current);
  const saved = answer.data;
  const now = useNow();
  const who = useNames();
  const queryClient = useQueryClient();
  const [form, setForm] = useState<GuardrailsWrite>({
    daily_cap: saved.daily_cap ?? null,
    campaign_daily_cap: saved.campaign_daily_cap ?? null,
    currency: saved.currency,
    autonomy: saved.autonomy,
    act_budget_change: saved.act_budget_change,
    model_tokens_daily: saved.model_tokens_daily,
  });
  const [typed, setTyped] = useState<Record<string, string | undefined>>({});
  const [share, setShare] = useState(String(Math.round(saved.act_budget_change * 1000) / 10));
  const [tokens, setTokens] = useState(count(saved.model_tokens_daily));
  const [conflict, setConflict] = useState(false);
  const save = useMutation({
    mutationFn: () => saveGuardrails(form, answer.etag),
    onSuccess: (next) => {
      toast.success("Saved");
      queryClient.setQueryData(guardrailsQuery.queryKey, next);
      onSettled();
    },
    onError: (error) => (isConflict(error) ? setConflict(true) : tell(error)),
  });
  const said = save.error instanceof ApiError ? save.error.fields : [];
  const at = (field: string) => typed[field] ?? said.find((one) => one.field.replace(/^\//, "") === field)?.detail;
  const problem = (field: string, error: string | undefined) => setTyped((current) => ({ ...current, [field]: error }));
  const changed = JSON.stringify(form) !== JSON.stringify({ daily_cap: saved.daily_cap ?? null, campaign_daily_cap: saved.campaign_daily_cap ?? null, currency: saved.currency, autonomy: saved.autonomy, act_budget_change: saved.act_budget_change, model_tokens_daily: saved.model_tokens_daily });
  const wrong = Object.values(typed).some(Boolean);
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (!save.isPending && !wrong) save.mutate();
      }}
    >
      <fieldset disabled={!manager} className="space-y-5">
        <Card>
          <CardHeader>
            <CardTitle>Spending</CardTitle>
          </CardHeader>
          <CardContent className="grid gap-4 sm:grid-cols-2">
            <Field label="All campaigns together, a day" hint={`At most ${money(saved.live_daily, saved.currency)} a day is live now. Empty: no cap.`} error={at("daily_cap")}>
              {(control) => (
                <MoneyInput control={control} currency={form.currency} value={form.daily_cap ?? null} placeholder="No cap" disabled={!manager} onChange={(daily_cap) => setForm({ ...form, daily_cap })} onError={(error) => problem("daily_cap", error)} />
              )}
            </Field>
            <Field label="Each campaign, a day" hint="Empty: no cap." error={at("campaign_daily_cap")}>
              {(control) => (
                <MoneyInput control={control} currency={form.currency} value={form.campaign_daily_cap ?? null} placeholder="No cap" disabled={!manager} onChange={(campaign_daily_cap) => setForm({ ...form, campaign_daily_cap })} onError={(error) => problem("campaign_daily_cap", error)} />
              )}
            </Field>
            <p className="text-muted-foreground text-xs text-pretty sm:col-span-2">A campaign over a cap, or a change that would take it over one, is refused before any channel is asked.</p>
          </CardContent>
        </Card>
        <Card>
          <CardHeader>
            <CardTitle>Agents</CardTitle>
          </CardHeader>
          <CardContent className="space-y-4">
            <RadioGroup.Root aria-label="What agents may do" disabled={!manager} value={form.autonomy} onValueChange={(autonomy) => setForm({ ...form, autonomy: autonomy as Guardrails["autonomy"] })} className="grid gap-3 sm:grid-cols-3">
              {AUTONOMY.map(({ value, label, icon: Icon, hint }) => (
                <RadioGroup.Item
                  key={value}
                  value={value}
                  className="focus-ring bg-card hover:border-border-strong data-[state=checked]:border-primary data-[state=checked]:bg-accent-soft flex flex-col items-start rounded-lg border p-3.5 text-left transition-colors disabled:opacity-60"
                >
                  <Icon aria-hidden className="text-muted-foreground mb-2 size-4" />
                  <span className="text-[0.8125rem] font-medium">{label}</span>
                  <span className="text-muted-foreground text-xs text-pretty">{hint}</span>
                </RadioGroup.Item>
              ))}
            </RadioGroup.Root>
            <div className="grid gap-4 sm:grid-cols-2">
              <Field label="Largest change of a budget" hint={`Of the budget as it is. Agents go no further than ${percent(form.act_budget_change, { compact: true })} by themselves, and only under “Act”.`} error={at("act_budget_change")}>
                {(control) => (
                  <div className="relative">
                    <Input
                      {...control}
                      inputMode="decimal"
                      value={share}
                      className="tabular pr-8"
                      onChange={(event) => {
                        setShare(event.target.value);
                        const parsed = Number(event.target.value.replace(",", "."));
                        const fits = event.target.value.trim() !== "" && parsed >= 0 && parsed <= 100;
                        problem("act_budget_change", fits ? undefined : "Enter 0 to 100 percent.");
                        if (fits) setForm({ ...form, act_budget_change: Math.round(parsed * 10) / 1000 });
                      }}
                    />
                    <span aria-hidden className="text-muted-foreground absolute inset-y-0 right-2.5 flex items-center text-xs">
                      %
                    </span>
                  </div>
                )}
              </Field>
              <Field label="Model tokens a day" hint="Used up, agents wait until tomorrow (UTC)." error={at("model_tokens_daily")}>
                {(control) => (
                  <Input
                    {...control}
                    inputMode="numeric"
                    value={tokens}
                    className="tabular"
                    onBlur={() => setTokens(at("model_tokens_daily") ? tokens : count(form.model_tokens_daily))}
                    onChange={(event) => {
                      setTokens(event.target.value);
                      const bare = event.target.value.replace(/[\s.,]/g, "");
                      const fits = /^\d{1,12}$/.test(bare);
                      problem("model_tokens_daily", fits ? undefined : "Enter a whole number.");
                      if (fits) setForm({ ...form, model_tokens_daily: Number(bare) });
                    }}
                  />
                )}
              </Field>
            </div>
          </CardContent>
        </Card>
      </fieldset>
      {conflict ? (
        <Note
          tone="warning"
          alert
          className="mt-5"
          title="Somebody else changed the limits meanwhile"
          action={
            <Button size="sm" variant="outline" onClick={() => void queryClient.refetchQueries({ queryKey: ["guardrails"] }).then(onSettled)}>
              Load theirs
            </Button>
          }
        >
          Nothing was saved. Load what is in force now, then make your change again.
        </Note>
      ) : null}
      <div className="mt-4 flex flex-wrap items-center gap-3">
        {manager ? (
          <Button type="submit" disabled={save.isPending || !changed || wrong}>
            {save.isPending ? <LoaderCircle className="animate-spin" /> : null} Save limits
          </Button>
        ) : null}
        {saved.updated_by ? (
          <span className="text-muted-foreground text-xs">
            Last changed by {who(saved.updated_by)}, {ago(saved.updated_at, now)}
          </span>
        ) : null}
      </div>
    </form>
  );
}
