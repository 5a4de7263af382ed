import { cn } from "@/lib/cn";

import { linear } from "./scale";

export interface Bar {
  key: string;
  label: string;
  color: string;
  value: number;
  /** Where the bar would end by the measure it is compared with; drawn as a mark. */
  reference?: number | null;
  /** The value as text. */
  text: string;
  /** A second text, for example the change. */
  note?: string;
  tone?: "good" | "bad" | "flat";
}

const EASE = "cubic-bezier(0.3, 0.7, 0.2, 1)";
const MOVE = { transition: `transform 620ms ${EASE}, width 620ms ${EASE}, left 620ms ${EASE}, opacity 300ms` };

/**
 * Horizontal bars that move when their values do: each bar keeps its element, so a change of values slides the ends
 * and a change of order slides the rows. Negative values grow to the left of a common zero line.
 */
export function Bars({ label, bars, className }: { label: string; bars: readonly Bar[]; className?: string }) {
  const extent = bars.flatMap((bar) => [bar.value, bar.reference ?? 0]);
  const low = Math.min(0, ...extent);
  const high = Math.max(0, ...extent) || (low === 0 ? 1 : 0);
  const x = linear([low, high], [0, 100]);
  // Drawn in a stable order (by key) and placed by rank, so that React never moves an element and CSS can.
  const rank = new Map(bars.map((bar, index) => [bar.key, index]));
  const stable = [...bars].sort((a, b) => a.key.localeCompare(b.key));
  return (
    <div className={className}>
      <ul aria-label={label} className="relative m-0 list-none p-0 [--row:3.375rem] sm:[--row:2.5rem]" style={{ height: `calc(var(--row) * ${bars.length})` }}>
        {stable.map((bar) => {
          const start = Math.min(x(0), x(bar.value));
          const size = Math.abs(x(bar.value) - x(0));
          return (
            <li
              key={bar.key}
              className="absolute inset-x-0 grid h-(--row) grid-cols-[minmax(0,1fr)_auto] content-center items-center gap-x-3 gap-y-1 text-[0.8125rem] sm:grid-cols-[9.5rem_minmax(0,1fr)_auto]"
              style={{ transform: `translateY(calc(var(--row) * ${rank.get(bar.key) ?? 0}))`, ...MOVE }}
            >
              <span className="flex min-w-0 items-center gap-2">
                <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: bar.color }} />
                <span className="truncate font-medium" title={bar.label}>
                  {bar.label}
                </span>
              </span>
              <span aria-hidden className="bg-muted/70 relative order-last col-span-2 h-3.5 rounded-sm sm:order-none sm:col-span-1 sm:h-5">
                <span
                  className="absolute inset-y-0 min-w-0.5 rounded-sm"
                  style={{ left: `${start}%`, width: `${size}%`, background: bar.color, ...MOVE }}
                />
                {low < 0 ? <span className="bg-border-strong absolute -inset-y-2.5 w-px" style={{ left: `${x(0)}%` }} /> : null}
                {bar.reference != null ? (
                  <span
                    className="bg-foreground ring-card absolute -inset-y-0.5 w-0.5 rounded-full ring-2"
                    style={{ left: `calc(${x(bar.reference)}% - 1px)`, ...MOVE }}
                  />
                ) : null}
              </span>
              <span className="tabular flex min-w-24 items-baseline justify-end gap-2 text-right sm:block">
                <span className="block leading-4 font-medium">{bar.text}</span>
                {bar.note ? (
                  <span
                    className={cn(
                      "block text-2xs leading-3.5",
                      bar.tone === "good" ? "text-positive" : bar.tone === "bad" ? "text-destructive" : "text-muted-foreground",
                    )}
                  >
                    {bar.note}
                  </span>
                ) : null}
              </span>
            </li>
          );
        })}
      </ul>
    </div>
  );
}
