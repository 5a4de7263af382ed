import { ArrowLeftRight, X } from "lucide-react";
import { useId, useState } from "react";

import type { AttributionModel } from "@/api/types";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { useScope } from "@/hooks/use-scope";

import type { AttributionSearch, Tab } from "./search";

const WINDOWS = [1, 7, 14, 30, 60, 90];

/** Which model shares out the credit, over how many days, and which one it is compared with. */
export function ModelControls({
  models,
  fallback,
  search,
  onChange,
  view,
}: {
  models: AttributionModel[];
  fallback: string;
  search: AttributionSearch;
  onChange: (patch: Record<string, unknown>) => void;
  view: Tab;
}) {
  const { site } = useScope();
  const id = search.model ?? fallback;
  const comparable = view === "credit";
  const all = view === "models";
  const model = models.find((one) => one.id === id);
  const versus = comparable ? models.find((one) => one.id === search.vs) : undefined;
  const halfLife = (all ? models : [model, versus]).flatMap((one) => one?.parameters ?? []).find((parameter) => parameter.id === "half_life");
  const days = search.window ?? site.lookback_days;
  const options = models.map((one) => ({ value: one.id, label: one.label, hint: one.description }));
  const chooseModel = (next: string) => onChange({ model: next === fallback ? undefined : next, ...(next === search.vs ? { vs: id } : {}) });

  return (
    <Card aria-label="Attribution model" className="p-4 sm:px-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2.5">
        {all ? (
          <p className="text-[0.8125rem]">
            <span className="font-medium">All models.</span> <span className="text-muted-foreground">The same orders, shared out by each.</span>
          </p>
        ) : (
          <>
            <Segmented
              label="Attribution model"
              className="hidden md:inline-flex"
              value={id}
              onChange={chooseModel}
              segments={models.map((one) => ({ value: one.id, label: one.label }))}
            />
            <Select label="Attribution model" className="md:hidden" value={id} onChange={chooseModel} options={options} />
          </>
        )}
        {comparable ? (
          versus ? (
            <span className="flex min-w-0 items-center gap-1">
              <Select
                label="Model to compare with"
                prefix="against"
                value={versus.id}
                onChange={(next) => onChange({ vs: next })}
                options={options.filter((one) => one.value !== id)}
              />
              <Button variant="ghost" size="icon" aria-label="Stop comparing" onClick={() => onChange({ vs: undefined })}>
                <X />
              </Button>
            </span>
          ) : (
            <Button variant="outline" onClick={() => onChange({ vs: models.find((one) => one.id !== id)?.id })} className="text-[0.8125rem]">
              <ArrowLeftRight /> Compare
            </Button>
          )
        ) : null}
        <div className="flex flex-wrap items-center gap-2 xl:ml-auto">
          {halfLife ? (
            <HalfLife
              key={search.half_life ?? halfLife.default}
              value={search.half_life ?? halfLife.default}
              onChange={(next) => onChange({ half_life: next === halfLife.default ? undefined : next })}
            />
          ) : null}
          <Select
            label="Lookback window"
            prefix="Window"
            align="end"
            value={String(days)}
            onChange={(next) => onChange({ window: Number(next) === site.lookback_days ? undefined : Number(next) })}
            options={[...new Set([...WINDOWS, site.lookback_days, days])]
              .sort((a, b) => a - b)
              .map((value) => ({ value: String(value), label: value === 1 ? "1 day" : `${value} days` }))}
          />
        </div>
      </div>
      <p className={all ? "hidden" : "text-muted-foreground mt-3 min-h-5 text-[0.8125rem] text-pretty"} aria-live="polite">
        {model ? (
          <>
            <span className="text-foreground font-medium">{model.label}.</span> {model.description}
          </>
        ) : (
          "There is no model by that name; choose one above."
        )}
        {versus ? (
          <>
            {" "}
            <span className="text-foreground font-medium">Against {versus.label.toLowerCase()}.</span> {versus.description}
          </>
        ) : null}
      </p>
    </Card>
  );
}

function HalfLife({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const id = useId();
  const [typed, setTyped] = useState(String(value));
  const parsed = Number(typed);
  const valid = typed !== "" && Number.isFinite(parsed) && parsed >= 0.1 && parsed <= 365;
  const commit = () => {
    if (valid && parsed !== value) onChange(parsed);
  };
  return (
    <span className="flex items-center gap-2">
      <Label htmlFor={id} className="text-muted-foreground font-normal">
        Half-life, days
      </Label>
      <Input
        id={id}
        inputMode="decimal"
        value={typed}
        aria-invalid={!valid}
        title="Between 0.1 and 365 days"
        onChange={(event) => setTyped(event.target.value.replace(",", "."))}
        onBlur={commit}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit();
        }}
        className="tabular w-16"
      />
    </span>
  );
}
