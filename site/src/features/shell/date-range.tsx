import { CalendarDays, ChevronDown } from "lucide-react";
import { useId, useState } from "react";

import { Button } from "@/components/ui/button";
import { Input } from "@/components/ui/input";
import { Label } from "@/components/ui/label";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { DEFAULT_PRESET, isDay, PRESET_LABELS, PRESETS, previousRange, rangeText } from "@/lib/dates";

/** The days every figure is about, and what they are compared with. */
export function DateRange() {
  const { range, compare, today, site } = useScope();
  const patch = usePatchSearch();
  const [open, setOpen] = useState(false);
  return (
    <Popover open={open} onOpenChange={setOpen}>
      <PopoverTrigger asChild>
        <Button variant="outline" className="max-w-[46vw] min-w-0 px-2.5 text-[0.8125rem]">
          <CalendarDays className="text-muted-foreground" />
          <span className="sr-only">Date range: </span>
          <span className="tabular truncate">
            {range.preset ? PRESET_LABELS[range.preset] : rangeText(range)}
            {range.preset ? <span className="text-muted-foreground hidden font-normal xl:inline"> · {rangeText(range)}</span> : null}
          </span>
          <ChevronDown className="text-muted-foreground size-3.5!" />
        </Button>
      </PopoverTrigger>
      <PopoverContent align="end" aria-label="Date range" className="w-[min(25rem,calc(100vw-1rem))] p-0">
        <div className="grid sm:grid-cols-[9.5rem_1fr]">
          <div role="group" aria-label="Presets" className="grid grid-cols-2 gap-px border-b p-1.5 sm:grid-cols-1 sm:border-r sm:border-b-0">
            {PRESETS.map((preset) => (
              <button
                key={preset}
                type="button"
                aria-pressed={range.preset === preset}
                onClick={() => {
                  patch({ range: preset === DEFAULT_PRESET ? undefined : preset, from: undefined, to: undefined });
                  setOpen(false);
                }}
                className={cn(
                  "focus-ring hover:bg-accent rounded-sm px-2 py-1.5 text-left text-[0.8125rem] -outline-offset-2",
                  range.preset === preset && "bg-accent font-medium",
                )}
              >
                {PRESET_LABELS[preset]}
              </button>
            ))}
          </div>
          <div className="flex flex-col gap-4 p-3.5">
            <CustomRange
              key={`${range.from} ${range.to}`}
              from={range.from}
              to={range.to}
              max={today}
              onApply={(from, to) => {
                patch({ range: undefined, from, to });
                setOpen(false);
              }}
            />
            <CompareSwitch
              checked={compare === "previous"}
              onChange={(checked) => patch({ compare: checked ? undefined : "none" })}
              hint={rangeText(previousRange(range))}
            />
            <p className="text-muted-foreground mt-auto text-2xs">Days in {site.time_zone.replaceAll("_", " ")}</p>
          </div>
        </div>
      </PopoverContent>
    </Popover>
  );
}

function CustomRange({ from, to, max, onApply }: { from: string; to: string; max: string; onApply: (from: string, to: string) => void }) {
  const id = useId();
  const [start, setStart] = useState(from);
  const [end, setEnd] = useState(to);
  const complete = isDay(start) && isDay(end);
  const backwards = complete && start > end;
  return (
    <form
      className="space-y-2.5"
      onSubmit={(event) => {
        event.preventDefault();
        if (complete && !backwards) onApply(start, end);
      }}
    >
      <div className="space-y-1">
        <Label htmlFor={`${id}-from`}>From</Label>
        <Input id={`${id}-from`} type="date" max={max} value={start} onChange={(event) => setStart(event.target.value)} className="tabular" />
      </div>
      <div className="space-y-1">
        <Label htmlFor={`${id}-to`}>To</Label>
        <Input
          id={`${id}-to`}
          type="date"
          max={max}
          value={end}
          onChange={(event) => setEnd(event.target.value)}
          aria-invalid={backwards}
          aria-describedby={backwards ? `${id}-error` : undefined}
          className="tabular"
        />
      </div>
      {backwards ? (
        <p id={`${id}-error`} role="alert" className="text-destructive text-xs">
          The first day must not be after the last.
        </p>
      ) : null}
      <Button type="submit" className="w-full" disabled={!complete || backwards || (start === from && end === to)}>
        Apply
      </Button>
    </form>
  );
}

function CompareSwitch({ checked, onChange, hint }: { checked: boolean; onChange: (checked: boolean) => void; hint: string }) {
  return (
    <button
      type="button"
      role="switch"
      aria-checked={checked}
      onClick={() => onChange(!checked)}
      className="focus-ring flex items-center justify-between gap-3 rounded-sm border-t pt-3 text-left"
    >
      <span>
        <span className="block text-[0.8125rem] font-medium">Compare with the period before</span>
        <span className="text-muted-foreground tabular block text-xs">{hint}</span>
      </span>
      <span
        aria-hidden
        className={cn("relative h-4.5 w-8 shrink-0 rounded-full transition-colors", checked ? "bg-primary" : "bg-border-strong")}
      >
        <span className={cn("absolute top-0.5 left-0.5 size-3.5 rounded-full bg-white shadow-sm transition-transform", checked && "translate-x-3.5")} />
      </span>
    </button>
  );
}
