import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LoaderCircle, Play } from "lucide-react";
import { useMemo, useState } from "react";

import { type Agent, runAgent } from "@/api/agents";
import { campaignsQuery } from "@/api/campaigns";
import { ApiError } from "@/api/problem";
import { type Control, Field } from "@/components/field";
import { MoneyInput } from "@/components/money-input";
import { TagsInput } from "@/components/tags-input";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Select } from "@/components/ui/select";
import { Textarea } from "@/components/ui/textarea";
import { useCreate } from "@/hooks/use-create";
import { useScope } from "@/hooks/use-scope";
import { tell } from "@/lib/told";
import { fromLocal, toLocal } from "@/lib/zoned";

import { contextOf, fieldsOf, type InputField } from "./input";

/** Asks an agent for what it needs and starts it; then its run is on the screen. */
export function RunDialog({ agent, campaign, onClose }: { agent: Agent; campaign?: string | undefined; onClose: () => void }) {
  const { site } = useScope();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const fields = useMemo(() => fieldsOf(agent.input_schema), [agent]);
  const [values, setValues] = useState<Record<string, unknown>>(() => ({
    ...Object.fromEntries(fields.filter((field) => field.required && field.kind === "choice").map((field) => [field.name, field.choices[0]])),
    ...(campaign ? { campaign_id: campaign } : {}),
    ...(fields.some((field) => field.name === "landing_url") ? { landing_url: site.origins.find((origin) => origin !== "*") ?? "" } : {}),
  }));
  const [errors, setErrors] = useState<Record<string, string>>({});
  const start = useCreate((context: Record<string, unknown>, key) => runAgent({ agent: agent.name, context }, key), {
    onSuccess: async (run) => {
      void queryClient.invalidateQueries({ queryKey: ["runs"] });
      await navigate({ to: "/agents/runs/$id", params: { id: run.id } });
    },
    onError: (error) => {
      const told = error instanceof ApiError ? error.fields.map((one) => [one.field.split("/").at(-1) ?? "", one.detail] as const).filter(([name]) => fields.some((field) => field.name === name)) : [];
      if (told.length) setErrors(Object.fromEntries(told));
      else tell(error);
    },
  });
  const set = (name: string, value: unknown) => {
    setValues((current) => ({ ...current, [name]: value }));
    setErrors((current) => Object.fromEntries(Object.entries(current).filter(([other]) => other !== name)));
  };
  const shown = (list: InputField[]) =>
    list.map((field) => (
      <Field key={field.name} label={field.label} hint={field.hint} optional={!field.required} error={errors[field.name]}>
        {(control) => <Entry field={field} control={control} value={values[field.name]} onChange={(value) => set(field.name, value)} />}
      </Field>
    ));
  const needed = fields.filter((field) => field.required || field.kind === "day");
  const more = fields.filter((field) => !needed.includes(field));
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title={`Run the ${agent.title.toLowerCase()}`} description={agent.about}>
        <form
          noValidate
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            const context = contextOf(fields, values);
            const missing = needed.filter((field) => field.required && context[field.name] === undefined);
            if (missing.length) setErrors(Object.fromEntries(missing.map((field) => [field.name, "This is needed."])));
            else if (!start.isPending) start.mutate({ site: site.key, ...context });
          }}
        >
          {shown(needed)}
          {more.length ? (
            <details>
              <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-[0.8125rem] font-medium">More</summary>
              <div className="mt-3 space-y-4">{shown(more)}</div>
            </details>
          ) : null}
          <DialogFooter>
            <Button variant="outline" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={start.isPending}>
              {start.isPending ? <LoaderCircle className="animate-spin" /> : <Play />} Run
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}

function Entry({ field, control, value, onChange }: { field: InputField; control: Control; value: unknown; onChange: (value: unknown) => void }) {
  const { site, today } = useScope();
  const text = typeof value === "string" ? value : "";
  const typed = { ...control, value: text, onChange: (event: { target: { value: string } }) => onChange(event.target.value) };
  switch (field.kind) {
    case "campaign":
      return <CampaignChoice value={text} onChange={onChange} />;
    case "choice":
      return <Select label={field.label} value={text} onChange={onChange} options={field.choices.map((choice) => ({ value: choice, label: choice.replace(/^./, (letter) => letter.toUpperCase()) }))} className="w-full justify-between" />;
    case "money":
      return <MoneyInput control={control} currency={site.currency} value={typeof value === "number" ? value : null} onChange={onChange} />;
    case "day":
      return <Input type="date" max={today} {...typed} className="tabular" />;
    case "instant":
      return <Input type="datetime-local" {...control} value={typeof value === "number" ? toLocal(value, site.time_zone) : ""} onChange={(event) => onChange(fromLocal(event.target.value, site.time_zone))} className="tabular" />;
    case "number":
      return <Input inputMode="decimal" placeholder={field.placeholder} {...typed} className="tabular" />;
    case "texts":
      return <TagsInput control={control} values={Array.isArray(value) ? (value as string[]) : []} onChange={onChange} />;
    case "words":
      return <Textarea {...typed} maxLength={2000} />;
    default:
      return <Input placeholder={field.placeholder} {...typed} />;
  }
}

function CampaignChoice({ value, onChange }: { value: string; onChange: (value: string) => void }) {
  const { site } = useScope();
  const campaigns = useQuery(campaignsQuery(site.key));
  const rows = campaigns.data?.rows ?? [];
  if (campaigns.isSuccess && rows.length === 0) return <p className="text-muted-foreground text-[0.8125rem]">There is no campaign yet; the channel planner can draft the first one.</p>;
  return (
    <Select
      label="Campaign"
      value={value}
      onChange={onChange}
      options={rows.map((row) => ({ value: row.id, label: row.name, hint: row.status.replaceAll("_", " ") }))}
      {...(value ? {} : { prefix: campaigns.isPending ? "Loading…" : "Choose a campaign" })}
      className="w-full justify-between"
    />
  );
}
