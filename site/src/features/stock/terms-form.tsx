import { useMutation, useQueryClient } from "@tanstack/react-query";
import { LoaderCircle, SlidersHorizontal } from "lucide-react";
import { useState } from "react";

import { ApiError } from "@/api/problem";
import { saveStockTerms, type StockTerms } from "@/api/stock";
import { Field } from "@/components/field";
import { MoneyInput } from "@/components/money-input";
import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { useScope } from "@/hooks/use-scope";
import { allows, whoMay } from "@/lib/roles";
import { tell } from "@/lib/told";

import { termsLine } from "./words";

type Name = "lead_days" | "review_days" | "service_level" | "holding_rate";
const FIELDS: { name: Name; label: string; unit: string; hint: string; scale: number; min: number; max: number }[] = [
  { name: "lead_days", label: "Days until an order arrives", unit: "days", hint: "From ordering to standing on the shelf.", scale: 1, min: 0, max: 180 },
  { name: "review_days", label: "Days between orders", unit: "days", hint: "An order has to last until the one after it arrives.", scale: 1, min: 1, max: 90 },
  { name: "service_level", label: "How often there is to be enough", unit: "%", hint: "95% runs short in one order of twenty. Higher needs more in reserve.", scale: 100, min: 50, max: 99.9 },
];
const HOLDING = { name: "holding_rate" as const, label: "Holding costs a year", unit: "%", hint: "Of what the stock cost: money bound, room, what spoils.", scale: 100, min: 1, max: 200 };

/** How the shop orders; what is saved changes every figure at once. */
export function TermsForm({ terms }: { terms: StockTerms }) {
  const { site, me } = useScope();
  const client = useQueryClient();
  const [open, setOpen] = useState(false);
  const [typed, setTyped] = useState<Record<Name, string>>({
    lead_days: String(terms.lead_days),
    review_days: String(terms.review_days),
    service_level: String(Math.round(terms.service_level * 1000) / 10),
    holding_rate: String(Math.round(terms.holding_rate * 1000) / 10),
  });
  const [cost, setCost] = useState(terms.order_cost ?? null);
  const [costError, setCostError] = useState<string | undefined>();
  const may = allows(me, "run_agents");
  const read = (name: Name) => Number(typed[name].trim().replace(",", "."));
  const wrong = ({ name, min, max, scale, unit }: (typeof FIELDS)[number]) => {
    const value = read(name);
    const fits = typed[name].trim() !== "" && value >= min && value <= max && (scale > 1 || Number.isInteger(value));
    return fits ? undefined : `Enter ${scale > 1 ? "" : "a whole number, "}${min} to ${max}${unit === "%" ? " percent" : ""}.`;
  };
  const fields = cost == null ? FIELDS : [...FIELDS, HOLDING];
  const save = useMutation({
    mutationFn: () =>
      saveStockTerms(site.key, {
        lead_days: read("lead_days"),
        review_days: read("review_days"),
        service_level: Math.round(read("service_level") * 10) / 1000,
        order_cost: cost,
        holding_rate: cost == null ? terms.holding_rate : Math.round(read("holding_rate") * 10) / 1000,
      }),
    onSuccess: async () => {
      setOpen(false);
      await client.invalidateQueries({ queryKey: ["planning", "stock", site.key] });
    },
    onError: (error) => (error instanceof ApiError && error.fields.length > 0 ? undefined : tell(error)),
  });
  const said = save.error instanceof ApiError ? save.error.fields : [];
  const told = (name: string) => said.find((one) => one.field === `/${name}`)?.detail;
  const blocked = fields.some((field) => wrong(field)) || costError !== undefined || (cost != null && cost < 1);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button variant="outline" className="text-[0.8125rem]" title={termsLine(terms)}>
          <SlidersHorizontal /> How you order
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" className="w-[min(22rem,calc(100vw-2rem))] p-4" aria-label="How you order">
        <form
          className="space-y-3.5"
          onSubmit={(event) => {
            event.preventDefault();
            if (may && !blocked && !save.isPending) save.mutate();
          }}
        >
          {fields.slice(0, 3).map((field) => (
            <NumberField key={field.name} field={field} value={typed[field.name]} disabled={!may} error={wrong(field) ?? told(field.name)} onChange={(next) => setTyped({ ...typed, [field.name]: next })} />
          ))}
          <Field label="What one order costs" optional hint="Shipping, paperwork. With it, orders are made large enough to be worth it." error={costError ?? told("order_cost")}>
            {(control) => <MoneyInput control={control} currency={site.currency} value={cost} placeholder="Not counted" disabled={!may} onChange={setCost} onError={setCostError} />}
          </Field>
          {cost == null ? null : (
            <NumberField field={HOLDING} value={typed.holding_rate} disabled={!may} error={wrong(HOLDING) ?? told("holding_rate")} onChange={(next) => setTyped({ ...typed, holding_rate: next })} />
          )}
          {may ? (
            <Button type="submit" className="w-full" disabled={blocked || save.isPending}>
              {save.isPending ? <LoaderCircle className="animate-spin" /> : null} Save
            </Button>
          ) : (
            <p className="text-muted-foreground text-xs first-letter:uppercase">{whoMay("run_agents")} can change this.</p>
          )}
        </form>
      </PopoverContent>
    </Popover>
  );
}

function NumberField({ field, value, error, disabled, onChange }: { field: (typeof FIELDS)[number]; value: string; error: string | undefined; disabled: boolean; onChange: (next: string) => void }) {
  return (
    <Field label={field.label} hint={field.hint} error={error}>
      {(control) => (
        <div className="relative">
          <Input {...control} inputMode="decimal" autoComplete="off" value={value} disabled={disabled} onChange={(event) => onChange(event.target.value)} className="tabular pr-12" />
          <span aria-hidden className="text-muted-foreground pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-xs">
            {field.unit}
          </span>
        </div>
      )}
    </Field>
  );
}
