import { area, curveMonotoneX, line } from "d3-shape";
import { type KeyboardEvent, type PointerEvent, useId, useMemo, useState } from "react";

import { useSize } from "@/hooks/use-size";
import { cn } from "@/lib/cn";

import { labelled, linear, niceDomain } from "./scale";

export interface ChartPoint {
  t: number;
  value: number | null;
}

export interface ChartSeries {
  key: string;
  label: string;
  color: string;
  points: readonly ChartPoint[];
  /** Dashed and thin: a series to compare with. It is laid over the main one bucket by bucket. */
  faint?: boolean;
  /** Filled softly below the line. */
  filled?: boolean;
}

const MARGIN = { top: 12, right: 8, bottom: 26, left: 52 };

/**
 * Lines over time, as large as the class name makes it. All series share the buckets of the first one. Arrow keys walk through the buckets; a table with
 * the same figures is there for screen readers.
 */
export function TimeSeries({
  label,
  series,
  formatValue,
  formatTick,
  formatTime,
  formatTimeLong,
  className,
}: {
  label: string;
  series: readonly ChartSeries[];
  formatValue: (value: number | null) => string;
  formatTick: (value: number) => string;
  formatTime: (t: number) => string;
  formatTimeLong: (t: number) => string;
  className?: string;
}) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const [active, setActive] = useState<number | null>(null);
  const gradient = useId();
  const buckets = series[0]?.points ?? [];
  const count = buckets.length;

  const shapes = useMemo(() => {
    const values = series.flatMap((one) => one.points.flatMap((point) => (point.value === null ? [] : [point.value])));
    const { domain, ticks } = niceDomain(values, height > 200 ? 4 : 3);
    const inner = { width: Math.max(0, width - MARGIN.left - MARGIN.right), height: height - MARGIN.top - MARGIN.bottom };
    const x = linear([0, Math.max(1, count - 1)], [MARGIN.left, MARGIN.left + inner.width]);
    const y = linear(domain, [MARGIN.top + inner.height, MARGIN.top]);
    type Dot = { index: number; value: number | null };
    const paths = series.map((one) => {
      const dots: Dot[] = one.points.slice(0, count).map((point, index) => ({ index, value: point.value }));
      const stroke = line<Dot>()
        .defined((dot) => dot.value !== null)
        .x((dot) => x(dot.index))
        .y((dot) => y(dot.value ?? 0))
        .curve(curveMonotoneX);
      const fill = area<Dot>()
        .defined((dot) => dot.value !== null)
        .x((dot) => x(dot.index))
        .y0(y(Math.max(0, domain[0])))
        .y1((dot) => y(dot.value ?? 0))
        .curve(curveMonotoneX);
      return { one, stroke: stroke(dots) ?? "", fill: one.filled ? (fill(dots) ?? "") : null };
    });
    return { ticks, inner, x, y, paths, labels: labelled(count, inner.width, 76) };
  }, [series, width, height, count]);

  const { inner, x, y } = shapes;
  const locate = (event: PointerEvent<HTMLDivElement>) => {
    const left = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const index = Math.round(((left - MARGIN.left) / Math.max(1, inner.width)) * (count - 1));
    setActive(Math.min(count - 1, Math.max(0, index)));
  };
  const walk = (event: KeyboardEvent) => {
    const from = active ?? count - 1;
    const to = { ArrowLeft: from - 1, ArrowRight: from + 1, Home: 0, End: count - 1, Escape: null }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    setActive(to === null ? null : Math.min(count - 1, Math.max(0, to)));
  };

  const bucket = active === null ? undefined : buckets[active];
  const read = (one: ChartSeries, index: number) => one.points[index]?.value ?? null;
  const spoken = bucket && active !== null
    ? `${formatTimeLong(bucket.t)}: ${series.map((one) => `${one.label} ${formatValue(read(one, active))}`).join(", ")}`
    : "";

  return (
    <figure className={cn("relative m-0 min-h-75", className)} aria-label={label}>
      <div
        ref={ref}
        role="slider"
        tabIndex={0}
        aria-label={`${label}: point in time`}
        aria-valuemin={0}
        aria-valuemax={Math.max(0, count - 1)}
        aria-valuenow={active ?? Math.max(0, count - 1)}
        aria-valuetext={spoken || "Use the arrow keys to read the chart"}
        onPointerMove={locate}
        onPointerDown={locate}
        onPointerLeave={() => setActive(null)}
        onBlur={() => setActive(null)}
        onKeyDown={walk}
        className="focus-ring absolute inset-0 touch-pan-y rounded-md"
      >
        {width > 0 && height > 0 ? (
          <svg aria-hidden width={width} height={height} className="block overflow-visible">
            <defs>
              {shapes.paths.map(({ one, fill }, index) =>
                fill ? (
                  <linearGradient key={one.key} id={`${gradient}-${index}`} x1="0" x2="0" y1="0" y2="1">
                    <stop offset="0%" stopColor={one.color} stopOpacity={0.17} />
                    <stop offset="100%" stopColor={one.color} stopOpacity={0.01} />
                  </linearGradient>
                ) : null,
              )}
            </defs>
            {shapes.ticks.map((tick) => (
              <g key={tick}>
                <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} stroke={tick === 0 ? "var(--border-strong)" : "var(--grid)"} />
                <text x={MARGIN.left - 10} y={y(tick)} dy="0.32em" textAnchor="end" className="fill-muted-foreground tabular text-2xs">
                  {formatTick(tick)}
                </text>
              </g>
            ))}
            {shapes.labels.map((index) => {
              const point = buckets[index];
              return point ? (
                <text
                  key={point.t}
                  x={x(index)}
                  y={height - 6}
                  textAnchor={index === 0 && count > 1 ? "start" : index === count - 1 && count > 1 ? "end" : "middle"}
                  className="fill-muted-foreground tabular text-2xs"
                >
                  {formatTime(point.t)}
                </text>
              ) : null;
            })}
            {shapes.paths.map(({ one, fill }, index) => (fill ? <path key={one.key} d={fill} fill={`url(#${gradient}-${index})`} /> : null))}
            {shapes.paths.map(({ one, stroke }) => (
              <path
                key={one.key}
                d={stroke}
                fill="none"
                stroke={one.color}
                strokeWidth={one.faint ? 1.5 : 2}
                strokeDasharray={one.faint ? "3 4" : undefined}
                strokeLinecap="round"
                strokeLinejoin="round"
              />
            ))}
            {active !== null ? (
              <>
                <line x1={x(active)} x2={x(active)} y1={MARGIN.top} y2={MARGIN.top + inner.height} stroke="var(--border-strong)" />
                {series.map((one) => {
                  const value = read(one, active);
                  return value === null ? null : (
                    <circle key={one.key} cx={x(active)} cy={y(value)} r={one.faint ? 3 : 4} fill={one.color} stroke="var(--card)" strokeWidth={2} />
                  );
                })}
              </>
            ) : null}
          </svg>
        ) : null}
        {bucket && active !== null ? (
          <div
            className="bg-popover shadow-pop pointer-events-none absolute top-2 z-10 min-w-40 rounded-lg px-3 py-2 text-xs"
            style={
              x(active) > width / 2
                ? { right: width - x(active) + 12, maxWidth: x(active) - 20 }
                : { left: x(active) + 12, maxWidth: width - x(active) - 20 }
            }
          >
            <div className="mb-1.5 font-medium whitespace-nowrap">{formatTimeLong(bucket.t)}</div>
            <div className="space-y-1">
              {series.map((one) => (
                <div key={one.key} className="flex items-center gap-2">
                  <LegendMark series={one} />
                  <span className="text-muted-foreground truncate">{one.label}</span>
                  <span className="tabular ml-auto pl-3 font-medium">{formatValue(read(one, active))}</span>
                </div>
              ))}
            </div>
          </div>
        ) : null}
      </div>
      <div className="sr-only">
        <table>
          <caption>{label}</caption>
          <thead>
            <tr>
              <th scope="col">Time</th>
              {series.map((one) => (
                <th key={one.key} scope="col">
                  {one.label}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {buckets.map((point, index) => (
              <tr key={point.t}>
                <th scope="row">{formatTimeLong(point.t)}</th>
                {series.map((one) => (
                  <td key={one.key}>{formatValue(read(one, index))}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

function LegendMark({ series }: { series: ChartSeries }) {
  return series.faint ? (
    <span aria-hidden className="w-2.5 shrink-0 border-t-2 border-dotted" style={{ borderColor: series.color }} />
  ) : (
    <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: series.color }} />
  );
}

/** What the lines are. */
export function Legend({ series, className }: { series: readonly ChartSeries[]; className?: string }) {
  return (
    <ul className={cn("text-muted-foreground flex flex-wrap gap-x-4 gap-y-1 text-xs", className)}>
      {series.map((one) => (
        <li key={one.key} className="flex items-center gap-1.5">
          <LegendMark series={one} />
          {one.label}
        </li>
      ))}
    </ul>
  );
}
