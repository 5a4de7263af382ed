import { Plus, X } from "lucide-react";
import { useId, useState } from "react";

import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { daysIn, MAX_PROMOTIONS } from "@/lib/dates";
import { longDay, plural } from "@/lib/format";

/** Days of promotion, one by one or several as text. */
export function PromotionDays({ days, onChange }: { days: readonly string[]; onChange: (days: string[]) => void }) {
  const id = useId();
  const [day, setDay] = useState("");
  const [many, setMany] = useState("");
  const [wrong, setWrong] = useState(false);
  const add = () => {
    const found = daysIn(`${day} ${many}`);
    setWrong(found.length === 0);
    if (found.length === 0) return;
    onChange(daysIn([...days, ...found].join(",")));
    setDay("");
    setMany("");
  };
  return (
    <div className="space-y-3">
      {days.length > 0 ? (
        <ul aria-label="Days of promotion" className="flex flex-wrap gap-1.5">
          {days.map((one) => (
            <li key={one} className="bg-secondary tabular inline-flex items-center gap-1 rounded-full py-0.5 pr-1 pl-2.5 text-xs font-medium">
              {longDay(Date.parse(one), "UTC")}
              <button
                type="button"
                aria-label={`Remove ${longDay(Date.parse(one), "UTC")}`}
                onClick={() => onChange(days.filter((other) => other !== one))}
                className="focus-ring text-muted-foreground hover:text-foreground grid size-6 place-items-center rounded-full"
              >
                <X aria-hidden className="size-3.5" />
              </button>
            </li>
          ))}
          <li>
            <Button variant="ghost" size="sm" onClick={() => onChange([])}>
              Remove all
            </Button>
          </li>
        </ul>
      ) : null}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          event.stopPropagation();
          add();
        }}
        className="flex flex-wrap items-end gap-x-3 gap-y-2"
      >
        <div className="w-40 space-y-1">
          <Label htmlFor={`${id}-day`}>A day</Label>
          <Input id={`${id}-day`} type="date" value={day} onChange={(event) => setDay(event.target.value)} />
        </div>
        <div className="min-w-52 flex-1 space-y-1 sm:max-w-md">
          <Label htmlFor={`${id}-days`}>Or several, as text</Label>
          <Input
            id={`${id}-days`}
            value={many}
            aria-invalid={wrong}
            aria-describedby={wrong ? `${id}-wrong` : undefined}
            onChange={(event) => {
              setMany(event.target.value);
              setWrong(false);
            }}
            placeholder="2026-11-27, 2026-11-30"
          />
        </div>
        <Button type="submit" variant="outline" disabled={days.length >= MAX_PROMOTIONS}>
          <Plus /> Add
        </Button>
      </form>
      {wrong ? (
        <p id={`${id}-wrong`} role="alert" className="text-destructive text-xs">
          Write days as year-month-day, for example 2026-11-27.
        </p>
      ) : null}
      {days.length >= MAX_PROMOTIONS ? <p className="text-muted-foreground text-xs">At most {plural(MAX_PROMOTIONS, "day")} can be named.</p> : null}
    </div>
  );
}
