import { Plus, X } from "lucide-react";
import { type FormEvent, useState } from "react";

import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { longDay, plural } from "@/lib/format";

import { daysIn, MAX_PROMOTIONS } from "./search";

/** Days on which something is on that lifts the figure: past ones teach what it adds, coming ones get it. */
export function Promotions({
  days,
  gran,
  effect,
  onChange,
}: {
  days: string[];
  gran: "d" | "w";
  effect: string | null;
  onChange: (days: string[]) => void;
}) {
  const [day, setDay] = useState("");
  const [many, setMany] = useState("");
  const [wrong, setWrong] = useState(false);
  const add = (event: FormEvent) => {
    event.preventDefault();
    const found = daysIn(`${day} ${many}`);
    setWrong(found.length === 0);
    if (found.length === 0) return;
    onChange(daysIn([...days, ...found].join(",")));
    setDay("");
    setMany("");
  };
  return (
    <Card aria-label="Promotions">
      <CardHeader className="flex-wrap items-start pt-4">
        <div className="min-w-0">
          <CardTitle>Promotions</CardTitle>
          <CardDescription className="mt-0.5 max-w-2xl text-pretty">
            {days.length === 0
              ? "Name the days of past sales and of those to come: what the past ones added is put on top of the coming ones."
              : effect
                ? `A day of promotion adds about ${effect}${gran === "w" ? " to its week" : ""}.`
                : "Too little is known of these days to say what they add: name past ones, too."}
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="space-y-3 pt-1">
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
        <form onSubmit={add} className="flex flex-wrap items-end gap-x-3 gap-y-2">
          <div className="w-40 space-y-1">
            <Label htmlFor="promotion-day">A day</Label>
            <Input id="promotion-day" type="date" value={day} onChange={(event) => setDay(event.target.value)} />
          </div>
          <div className="min-w-52 flex-1 space-y-1 sm:max-w-md">
            <Label htmlFor="promotion-days">Or several, as text</Label>
            <Input
              id="promotion-days"
              value={many}
              aria-invalid={wrong}
              aria-describedby={wrong ? "promotion-wrong" : undefined}
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
          <p id="promotion-wrong" role="alert" className="text-destructive text-xs">
            Write days as year-month-day, for example 2026-11-27.
          </p>
        ) : null}
        {days.length >= MAX_PROMOTIONS ? <p className="text-muted-foreground text-xs">At most {plural(MAX_PROMOTIONS, "day")} can be named.</p> : null}
      </CardContent>
    </Card>
  );
}
