import { area, curveMonotoneX, line } from "d3-shape";
import { useId } from "react";

import { cn } from "@/lib/cn";

import { linear } from "./scale";

const WIDTH = 100;
const HEIGHT = 28;

/** The shape of a series, without axes. Decoration: the figure beside it says the value. */
export function Sparkline({ values, className, color = "var(--chart-primary)" }: { values: (number | null)[]; className?: string; color?: string }) {
  const id = useId();
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return <div aria-hidden className={cn("h-7", className)} />;
  const x = linear([0, values.length - 1], [0, WIDTH]);
  // The shape matters here, not the distance from zero: the lowest value sits a little above the floor.
  const low = Math.min(...known);
  const high = Math.max(...known);
  const y = linear([low - (high - low) * 0.25 - (high === low ? 1 : 0), high === low ? high + 1 : high], [HEIGHT - 1.5, 2]);
  const points = values.map((value, index) => ({ index, value }));
  const defined = (point: { value: number | null }) => point.value !== null;
  const stroke = line<(typeof points)[number]>()
    .defined(defined)
    .x((point) => x(point.index))
    .y((point) => y(point.value ?? 0))
    .curve(curveMonotoneX)(points);
  const fill = area<(typeof points)[number]>()
    .defined(defined)
    .x((point) => x(point.index))
    .y0(HEIGHT)
    .y1((point) => y(point.value ?? 0))
    .curve(curveMonotoneX)(points);
  return (
    <svg aria-hidden viewBox={`0 0 ${WIDTH} ${HEIGHT}`} preserveAspectRatio="none" className={cn("block h-7 w-full overflow-visible", className)}>
      <defs>
        <linearGradient id={id} x1="0" x2="0" y1="0" y2="1">
          <stop offset="0%" stopColor={color} stopOpacity={0.2} />
          <stop offset="100%" stopColor={color} stopOpacity={0} />
        </linearGradient>
      </defs>
      <path d={fill ?? ""} fill={`url(#${id})`} />
      <path d={stroke ?? ""} fill="none" stroke={color} strokeWidth={1.5} strokeLinejoin="round" vectorEffect="non-scaling-stroke" />
    </svg>
  );
}
