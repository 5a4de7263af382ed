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
  /** Not read out where it has no value: a line that covers a part of the buckets only. */
  partial?: boolean;
  /** Single points, not joined: days to look at. */
  dots?: boolean;
}

/** A range around a line, bucket by bucket; where either end is null nothing is drawn. */
export interface ChartBand {
  key: string;
  label: string;
  color: string;
  /** How strongly it is filled, 0 to 1. Bands are drawn in order, so the wider one comes first. */
  strength: number;
  points: readonly { low: number | null; high: number | null }[];
}

/** A stretch of time that is not like the others. */
export interface ChartStretch {
  label: string;
  /** Its first and its last bucket, by number. */
  first: number;
  last: number;
}

const NO_BANDS: readonly ChartBand[] = [];
const MARGIN = { top: 12, right: 8, bottom: 26, left: 52 };

/**
 * Lines over time, with the ranges they lie in, as large as the class name makes it. All series and bands share the buckets of the first series. Arrow keys walk through the buckets; a table with
 * the same figures is there for screen readers.
 */
export function TimeSeries({
  label,
  series,
  bands = NO_BANDS,
  stretch,
  formatValue,
  formatTick,
  formatTime,
  formatTimeLong,
  along = "Point in time",
  className,
}: {
  label: string;
  series: readonly ChartSeries[];
  bands?: readonly ChartBand[];
  /** Shaded behind the lines, named at its head. */
  stretch?: ChartStretch;
  formatValue: (value: number | null) => string;
  formatTick: (value: number) => string;
  formatTime: (t: number) => string;
  formatTimeLong: (t: number) => string;
  /** What the buckets are, where they are not times. */
  along?: string;
  className?: string;
}) {
  const [ref, { width, height }] = useSize<HTMLDivElement>();
  const [active, setActive] = useState<number | null>(null);
  const gradient = useId();
  const buckets = series[0]?.points ?? [];
  const count = buckets.length;

  const shapes = useMemo(() => {
    const values = [
      ...series.flatMap((one) => one.points.flatMap((point) => (point.value === null ? [] : [point.value]))),
      ...bands.flatMap((band) => band.points.flatMap(({ low, high }) => (low === null || high === null ? [] : [low, high]))),
    ];
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
    type Span = { index: number; low: number | null; high: number | null };
    const ranges = bands.map((band) => {
      const shape = area<Span>()
        .defined((span) => span.low !== null && span.high !== null)
        .x((span) => x(span.index))
        .y0((span) => y(span.low ?? 0))
        .y1((span) => y(span.high ?? 0))
        .curve(curveMonotoneX);
      return { band, fill: shape(band.points.slice(0, count).map((span, index) => ({ index, ...span }))) ?? "" };
    });
    return { ticks, inner, x, y, paths, ranges, labels: labelled(count, inner.width, 76) };
  }, [series, bands, width, height, count]);

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
  const range = (band: ChartBand, index: number) => {
    const point = band.points[index];
    return point && point.low !== null && point.high !== null ? `${formatValue(point.low)} to ${formatValue(point.high)}` : null;
  };
  const lines = active === null ? [] : series.filter((one) => !one.partial || read(one, active) !== null);
  const around = active === null ? [] : bands.flatMap((band) => ({ band, text: range(band, active) })).filter(({ text }) => text !== null);
  const spoken = bucket && active !== null
    ? `${formatTimeLong(bucket.t)}${stretch && active >= stretch.first && active <= stretch.last ? `, ${stretch.label}` : ""}: ${[...lines.map((one) => `${one.label} ${formatValue(read(one, active))}`), ...around.map(({ band, text }) => `${band.label} ${text}`)].join(", ")}`
    : "";

  return (
    <figure className={cn("relative m-0 min-h-75", className)} aria-label={label}>
      <div
        ref={ref}
        role="slider"
        tabIndex={0}
        aria-label={`${label}: ${along.toLowerCase()}`}
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
            {stretch ? (
              <>
                <rect
                  x={Math.max(MARGIN.left, x(stretch.first - 0.5))}
                  y={MARGIN.top}
                  width={Math.max(1, Math.min(x(count - 1), x(stretch.last + 0.5)) - Math.max(MARGIN.left, x(stretch.first - 0.5)))}
                  height={Math.max(0, inner.height)}
                  rx={4}
                  className="fill-muted"
                />
                <text x={Math.max(MARGIN.left, x(stretch.first - 0.5)) + 6} y={MARGIN.top + 12} className="fill-muted-foreground text-2xs font-medium">
                  {stretch.label}
                </text>
              </>
            ) : null}
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
            {shapes.ranges.map(({ band, fill }) => (
              <path key={band.key} d={fill} fill={band.color} fillOpacity={band.strength} />
            ))}
            {shapes.paths.map(({ one, fill }, index) => (fill ? <path key={one.key} d={fill} fill={`url(#${gradient}-${index})`} /> : null))}
            {shapes.paths.map(({ one, stroke }) => (
              <path
                key={one.key}
                d={one.dots ? "" : stroke}
                fill="none"
                stroke={one.color}
                strokeWidth={one.faint ? 1.5 : 2}
                strokeDasharray={one.faint ? "3 4" : undefined}
                strokeLinecap="round"
                strokeLinejoin="round"
              />
            ))}
            {series.map((one) =>
              one.dots
                ? one.points.map(({ t, value }, index) => (value === null ? null : <circle key={`${one.key}${t}`} cx={x(index)} cy={y(value)} r={4} fill={one.color} stroke="var(--card)" strokeWidth={1.5} />))
                : null,
            )}
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
              {lines.map((one) => (
                <div key={one.key} className="flex items-center gap-2">
                  <LegendMark series={one} />
                  <span className="text-muted-foreground truncate">{one.label}</span>
                  <span className="tabular ml-auto pl-3 font-medium">{formatValue(read(one, active))}</span>
                </div>
              ))}
              {around.toReversed().map(({ band, text }) => (
                <div key={band.key} className="flex items-center gap-2">
                  <BandMark band={band} />
                  <span className="text-muted-foreground truncate">{band.label}</span>
                  <span className="tabular ml-auto pl-3 whitespace-nowrap">{text}</span>
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
              <th scope="col">{along}</th>
              {series.map((one) => (
                <th key={one.key} scope="col">
                  {one.label}
                </th>
              ))}
              {bands.map((band) => (
                <th key={band.key} scope="col">
                  {band.label}
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
                {bands.map((band) => (
                  <td key={band.key}>{range(band, index) ?? formatValue(null)}</td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </figure>
  );
}

function LegendMark({ series }: { series: Pick<ChartSeries, "color" | "faint"> }) {
  return series.faint ? (
    <span aria-hidden className="w-2.5 shrink-0 border-t-2 border-dotted" style={{ borderColor: series.color }} />
  ) : (
    <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: series.color }} />
  );
}

function BandMark({ band }: { band: Pick<ChartBand, "color" | "strength"> }) {
  return <span aria-hidden className="h-2.5 w-2.5 shrink-0 rounded-[2px]" style={{ background: band.color, opacity: Math.min(1, band.strength * 2.2) }} />;
}

/** What the lines and bands are. */
export function Legend({
  series,
  bands = NO_BANDS,
  className,
}: {
  series: readonly Pick<ChartSeries, "key" | "label" | "color" | "faint">[];
  bands?: readonly ChartBand[];
  className?: string;
}) {
  return (
    <ul className={cn("text-muted-foreground flex flex-wrap gap-x-4 gap-y-1 text-xs", className)}>
      {series.map((one) => (
        <li key={one.key} className="flex items-center gap-1.5">
          <LegendMark series={one} />
          {one.label}
        </li>
      ))}
      {bands.toReversed().map((band) => (
        <li key={band.key} className="flex items-center gap-1.5">
          <BandMark band={band} />
          {band.label}
        </li>
      ))}
    </ul>
  );
}
