import type { ComparedCredit, ComparedRow, Comparison } from "@/api/types";
import { linear } from "@/components/chart/scale";
import { channelColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { count, percent } from "@/lib/format";

/** Rows that fit a screen; the table below holds them all. */
const MOST = 10;
/** The models that are more than a rule of thumb; shapes tell them apart, not colours. */
const MARKED: Record<string, string> = {
  markov: "size-3 rotate-45 rounded-[2px]",
  shapley: "size-3 rounded-full",
  calibrated: "h-4 w-1.5 rounded-[2px]",
};

/** One line a channel: a mark for each model where it puts the channel's orders, behind them the interval of what tests calibrated, else of the Markov chain. */
export function ModelStrips({ comparison, labelOf }: { comparison: Comparison; labelOf: (row: ComparedRow) => string }) {
  const shown = comparison.rows.slice(0, MOST);
  const high = Math.max(1e-9, ...shown.flatMap((row) => row.credits.flatMap((credit) => [credit.conversions, credit.conversions_high])));
  const x = linear([0, high], [0, 100]);
  const label = (id: string) => comparison.models.find((model) => model.id === id)?.label ?? id;
  return (
    <>
      <ul aria-label="Orders credited by each model" className="m-0 list-none space-y-1 p-0">
        {shown.map((row) => (
          <Strip key={[row.channel, row.source, row.campaign].join("\u0000")} row={row} name={labelOf(row)} x={x} label={label} />
        ))}
      </ul>
      <div aria-hidden className="text-muted-foreground mt-1 grid grid-cols-[minmax(0,1fr)] sm:grid-cols-[9.5rem_minmax(0,1fr)_6.5rem] sm:gap-x-3">
        <span className="tabular flex justify-between text-2xs sm:col-start-2">
          <span>0</span>
          <span>{count(high, { digits: high < 10 ? 1 : 0 })} orders</span>
        </span>
      </div>
      <p className="text-muted-foreground mt-3 flex flex-wrap items-center gap-x-4 gap-y-1 text-xs">
        <Key className="border-foreground/60 bg-card size-2.5 rounded-full border">Rules</Key>
        {comparison.models
          .filter((model) => model.id in MARKED)
          .map((model) => (
            <Key key={model.id} className={cn("bg-foreground", MARKED[model.id])}>
              {model.label}
            </Key>
          ))}
        <Key className="bg-foreground/15 h-3 w-6 rounded-sm">Its interval of {percent(comparison.level, { digits: 0 })}</Key>
        {comparison.rows.length > shown.length ? (
          <span>
            The {shown.length} largest of {comparison.rows.length}; the table holds all.
          </span>
        ) : null}
      </p>
    </>
  );
}

function Key({ className, children }: { className: string; children: React.ReactNode }) {
  return (
    <span className="inline-flex items-center gap-1.5">
      <span aria-hidden className={cn("inline-block shrink-0", className)} />
      {children}
    </span>
  );
}

function Strip({ row, name, x, label }: { row: ComparedRow; name: string; x: (value: number) => number; label: (id: string) => string }) {
  const color = channelColor(row.channel);
  // What is surest of what it says: tests where there are any, else what learns from the journeys.
  const surest = row.credits.find((credit) => credit.model === "calibrated") ?? row.credits.find((credit) => credit.model === "markov");
  const digits = row.high < 100 ? 1 : 0;
  // Those are drawn last, above the rules they may stand on.
  const marks = [...row.credits].sort((a, b) => Number(a.model in MARKED) - Number(b.model in MARKED));
  const said = `${name}: ${count(row.low, { digits })} (${label(row.low_model)}) to ${count(row.high, { digits })} orders (${label(row.high_model)})`;
  return (
    <li className="grid min-h-10 grid-cols-[minmax(0,1fr)_auto] items-center gap-x-3 gap-y-1 text-[0.8125rem] sm:grid-cols-[9.5rem_minmax(0,1fr)_6.5rem]">
      <span className="flex min-w-0 items-center gap-2">
        <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: color }} />
        <span className="truncate font-medium" title={name}>
          {name}
        </span>
      </span>
      <span role="img" aria-label={said} title={said} className="relative order-last col-span-2 h-6 sm:order-none sm:col-span-1">
        <span className="bg-border absolute inset-x-0 top-1/2 h-px" />
        {surest ? (
          <span
            className="absolute top-1/2 h-4 -translate-y-1/2 rounded-sm opacity-20"
            style={{ left: `${x(surest.conversions_low)}%`, width: `${Math.max(0.4, x(surest.conversions_high) - x(surest.conversions_low))}%`, background: color }}
          />
        ) : null}
        <span
          className="absolute top-1/2 h-0.5 -translate-y-1/2 rounded-full opacity-50"
          style={{ left: `${x(row.low)}%`, width: `${x(row.high) - x(row.low)}%`, background: color }}
        />
        {marks.map((credit) => (
          <Mark key={credit.model} credit={credit} x={x} color={color} title={`${label(credit.model)}: ${count(credit.conversions, { digits })}`} />
        ))}
      </span>
      <span className="tabular text-muted-foreground text-right text-xs whitespace-nowrap">
        {count(row.low, { digits })} – {count(row.high, { digits })}
      </span>
    </li>
  );
}

function Mark({ credit, x, color, title }: { credit: ComparedCredit; x: (value: number) => number; color: string; title: string }) {
  const marked = MARKED[credit.model];
  return (
    <span className="absolute top-1/2 -translate-x-1/2 -translate-y-1/2" style={{ left: `${x(credit.conversions)}%` }} title={title}>
      <span
        className={cn("ring-card block ring-2", marked ?? "bg-card size-2.5 rounded-full border-[1.5px] ring-1")}
        style={marked ? { background: color } : { borderColor: color }}
      />
    </span>
  );
}
