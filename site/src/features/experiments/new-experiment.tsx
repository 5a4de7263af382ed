import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { LoaderCircle, Plus, Trash2 } from "lucide-react";
import { useState } from "react";

import { createExperiment, type NewExperiment, THRESHOLDS } from "@/api/experiments";
import { ApiError } from "@/api/problem";
import { Field } from "@/components/field";
import { Button } from "@/components/ui/button";
import { Dialog, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { Textarea } from "@/components/ui/textarea";
import { useCreate } from "@/hooks/use-create";
import { useScope } from "@/hooks/use-scope";
import { slug } from "@/lib/campaign";
import { tell } from "@/lib/told";

import { type Feature, FEATURES } from "./context";
import { LimitFields, read, typed } from "./limits";
import { PlanPanel } from "./plan-panel";

/** Most variants an experiment may have. */
const MOST_VARIANTS = 10;

const keyOf = (name: string) => slug(name).replaceAll("_", "-").slice(0, 64);

export function NewExperimentDialog({ onClose }: { onClose: () => void }) {
  const { site } = useScope();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const [name, setName] = useState("");
  const [key, setKey] = useState<string | null>(null);
  const [hypothesis, setHypothesis] = useState("");
  const [metric, setMetric] = useState("purchase");
  const [surface, setSurface] = useState<"site" | "email">("site");
  const [variants, setVariants] = useState([
    { name: "As it is", payload: "" },
    { name: "", payload: "" },
  ]);
  const [limits, setLimits] = useState(() => typed(THRESHOLDS));
  const [context, setContext] = useState<readonly Feature[]>([]);
  const [errors, setErrors] = useState<Record<string, string>>({});
  const create = useCreate(createExperiment, {
    onSuccess: async (made) => {
      void queryClient.invalidateQueries({ queryKey: ["experiments"] });
      await navigate({ to: "/experiments/$id", params: { id: made.id } });
    },
    onError: (error) => {
      if (error instanceof ApiError && error.fields.length) setErrors(Object.fromEntries(error.fields.map((one) => [one.field, one.detail])));
      else tell(error);
    },
  });
  const change = (index: number, part: Partial<(typeof variants)[number]>) => setVariants((all) => all.map((one, at) => (at === index ? { ...one, ...part } : one)));
  const submit = () => {
    const wrong: Record<string, string> = {};
    if (!name.trim()) wrong["/name"] = "Give it a name.";
    if (!metric.trim()) wrong["/metric"] = "Name the event that counts, such as purchase.";
    const payloads = variants.map((one, index) => {
      if (!one.name.trim()) wrong[`/variants/${index}/key`] = "Give it a name.";
      if (!one.payload.trim()) return {};
      try {
        return JSON.parse(one.payload) as Record<string, never>;
      } catch {
        wrong[`/variants/${index}/payload`] = "Must be JSON such as {\"headline\": \"Warm light\"}.";
        return {};
      }
    });
    const { thresholds, wrong: unread } = read(limits);
    Object.assign(wrong, unread);
    setErrors(wrong);
    if (Object.keys(wrong).length || create.isPending) return;
    const body: NewExperiment = {
      site: site.key,
      key: key ?? keyOf(name),
      name: name.trim(),
      hypothesis: hypothesis.trim(),
      metric: metric.trim(),
      surface,
      variants: variants.map((one, index) => ({ key: keyOf(one.name), name: one.name.trim(), payload: payloads[index] ?? {} })),
      thresholds,
      method: context.length ? "contextual" : "thompson",
      context: [...context],
    };
    create.mutate(body);
  };
  return (
    <Dialog open onOpenChange={(open) => (open ? undefined : onClose())}>
      <DialogContent title="New experiment" description="It is a draft first; visitors see it once you start it.">
        <form
          noValidate
          className="space-y-4"
          onSubmit={(event) => {
            event.preventDefault();
            submit();
          }}
        >
          <Field label="Name" error={errors["/name"]}>
            {(control) => <Input {...control} value={name} maxLength={200} onChange={(event) => setName(event.target.value)} />}
          </Field>
          <Field label="Key" hint="What a page asks for." error={errors["/key"]}>
            {(control) => <Input {...control} value={key ?? keyOf(name)} maxLength={64} onChange={(event) => setKey(event.target.value)} className="font-mono text-xs" />}
          </Field>
          <Field label="What you expect, and why" optional error={errors["/hypothesis"]}>
            {(control) => <Textarea {...control} value={hypothesis} maxLength={2000} className="min-h-14" onChange={(event) => setHypothesis(event.target.value)} />}
          </Field>
          <div className="flex flex-wrap items-start gap-4">
            <Field label="Event that counts" error={errors["/metric"]} className="flex-1 basis-40">
              {(control) => <Input {...control} value={metric} maxLength={64} onChange={(event) => setMetric(event.target.value)} />}
            </Field>
            <div className="space-y-1.5">
              <p className="text-[0.8125rem] font-medium">Shown</p>
              <Segmented
                label="Where it is shown"
                value={surface}
                onChange={setSurface}
                segments={[
                  { value: "site", label: "On the site" },
                  { value: "email", label: "In e-mail" },
                ]}
              />
            </div>
          </div>
          <fieldset className="space-y-3">
            <legend className="mb-1.5 text-[0.8125rem] font-medium">Variants</legend>
            {variants.map((one, index) => (
              <div key={index} className="flex items-start gap-2">
                <Field label={`Name of variant ${index + 1}`} hideLabel error={errors[`/variants/${index}/key`]} className="flex-1">
                  {(control) => <Input {...control} value={one.name} placeholder={`Variant ${index + 1}`} maxLength={64} onChange={(event) => change(index, { name: event.target.value })} />}
                </Field>
                <Field label={`Payload of variant ${index + 1}`} hideLabel error={errors[`/variants/${index}/payload`]} className="flex-1">
                  {(control) => <Input {...control} value={one.payload} placeholder='{"headline": "…"}' onChange={(event) => change(index, { payload: event.target.value })} className="font-mono text-xs" />}
                </Field>
                <Button variant="ghost" size="icon" disabled={variants.length <= 2} aria-label={`Take variant ${index + 1} out`} onClick={() => setVariants((all) => all.filter((_, at) => at !== index))}>
                  <Trash2 />
                </Button>
              </div>
            ))}
            {errors["/variants"] ? <p className="text-destructive text-xs">{errors["/variants"]}</p> : null}
            <Button variant="outline" size="sm" disabled={variants.length >= MOST_VARIANTS} onClick={() => setVariants((all) => [...all, { name: "", payload: "" }])}>
              <Plus /> Add a variant
            </Button>
          </fieldset>
          <details open={Object.keys(errors).some((field) => field.startsWith("/context")) || undefined}>
            <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-[0.8125rem] font-medium">Whom it looks at</summary>
            <fieldset className="mt-3 space-y-2">
              <legend className="text-muted-foreground mb-2 text-xs text-pretty">
                Choose nothing, and one variant wins for everybody. Choose what may make people prefer another variant, and each group is shown what works for it; that needs more visitors.
              </legend>
              {(Object.keys(FEATURES) as Feature[]).map((feature) => (
                <label key={feature} className="flex items-baseline gap-2.5 text-[0.8125rem]">
                  <input
                    type="checkbox"
                    checked={context.includes(feature)}
                    onChange={(event) => setContext((all) => (event.target.checked ? [...all, feature] : all.filter((one) => one !== feature)))}
                    className="focus-ring accent-primary size-4 shrink-0 translate-y-0.5 rounded-sm"
                  />
                  <span>
                    {FEATURES[feature][0]} <span className="text-muted-foreground text-xs">{FEATURES[feature][1]}</span>
                  </span>
                </label>
              ))}
              {errors["/context"] ? <p className="text-destructive text-xs">{errors["/context"]}</p> : null}
            </fieldset>
          </details>
          <details open={Object.keys(errors).some((field) => field.startsWith("/thresholds")) || undefined}>
            <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-[0.8125rem] font-medium">When it is decided</summary>
            <div className="mt-3">
              <LimitFields value={limits} onChange={setLimits} errors={errors} />
            </div>
          </details>
          <details>
            <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-[0.8125rem] font-medium">How long it takes</summary>
            <div className="mt-3">
              <PlanPanel site={site.key} event={metric} variants={variants.length} />
            </div>
          </details>
          <DialogFooter>
            <Button variant="outline" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" disabled={create.isPending}>
              {create.isPending ? <LoaderCircle className="animate-spin" /> : null} Create
            </Button>
          </DialogFooter>
        </form>
      </DialogContent>
    </Dialog>
  );
}
