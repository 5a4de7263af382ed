import { type THRESHOLDS } from "@/api/experiments";
import { Field } from "@/components/field";
import { Input } from "@/components/ui/input";

/** The thresholds of an experiment: name, label, what a person's figure is divided by, hint. */
const LIMITS = [
  ["min_exposures", "Visitors each is shown to first", 1, "Nothing is decided before."],
  ["floor", "Each keeps at least, % of visitors", 100, "Until it is paused; 0 for none. All together at most 100%."],
  ["pause_below", "Pause below, %", 100, "Probability of being the best."],
  ["promote_from", "Win from, %", 100, "Probability of being the best."],
  ["max_expected_loss", "May cost at most, points of the rate", 100, "What a winner may lose against the best."],
  ["window_days", "Wait for conversions, days", 1, "Until then a visitor is not taken for lost; 0 waits for none."],
] as const;

export type Thresholds = typeof THRESHOLDS;
/** The thresholds as a person types them. */
export type Typed = Record<string, string>;

/** The thresholds as a person reads them. */
export const typed = (thresholds: Thresholds): Typed => Object.fromEntries(LIMITS.map(([id, , scale]) => [id, String(Number((thresholds[id] * scale).toPrecision(12)))]));

/** What was typed as the API takes it, and what is no number, by the API's field. */
export function read(typed: Typed): { thresholds: Thresholds; wrong: Record<string, string> } {
  const numbers = LIMITS.map(([id, , scale]) => [id, Number((typed[id] ?? "").replace(",", ".")) / scale] as const);
  const bad = numbers.filter(([id, value]) => !Number.isFinite(value) || typed[id]?.trim() === "");
  return { thresholds: Object.fromEntries(numbers) as Thresholds, wrong: Object.fromEntries(bad.map(([id]) => [`/thresholds/${id}`, "Must be a number."])) };
}

export function LimitFields({ value, onChange, errors, fixed = [] }: { value: Typed; onChange: (value: Typed) => void; errors: Record<string, string>; fixed?: readonly string[] }) {
  return (
    <div className="grid gap-4 sm:grid-cols-2">
      {LIMITS.filter(([id]) => !fixed.includes(id)).map(([id, label, , hint]) => (
        <Field key={id} label={label} hint={hint} error={errors[`/thresholds/${id}`]}>
          {(control) => <Input {...control} inputMode="decimal" value={value[id] ?? ""} onChange={(event) => onChange({ ...value, [id]: event.target.value })} className="tabular" />}
        </Field>
      ))}
    </div>
  );
}
