import { area, curveMonotoneX, line } from "d3-shape";

import type { Budget, Mix, MixChannel } from "@/api/planning";
import { linear, niceDomain } from "@/components/chart/scale";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { useSize } from "@/hooks/use-size";
import { seriesColor } from "@/lib/channels";
import { money, percent } from "@/lib/format";

import { outcomeText } from "./figures";

const HEIGHT = 176;
const MARGIN = { top: 10, right: 10, bottom: 24, left: 48 };

/** Each channel's response curve, all on one scale of what it brings, with its band and where the spend stands on it. */
export function Curves({ mix, budget }: { mix: Mix; budget: Budget }) {
  const high = Math.max(1e-9, ...mix.channels.flatMap((channel) => channel.curve.map((point) => point.response.high)));
  return (
    <Card aria-label="Response curves">
      <CardHeader className="items-start pt-4">
        <div className="min-w-0">
          <CardTitle>What more or less money would bring</CardTitle>
          <CardDescription className="mt-0.5">
            {mix.outcome === "revenue" ? "Revenue" : "Orders"} a week for a weekly spend kept up; the band holds {percent(mix.level, { digits: 0 })} of whole curves. Shaded to the
            right: more than any week so far, mostly assumed.
          </CardDescription>
        </div>
        <p className="text-muted-foreground ml-auto flex gap-4 text-xs">
          <span className="inline-flex items-center gap-1.5">
            <span aria-hidden className="border-foreground bg-card size-2.5 rounded-full border-2" /> At present
          </span>
          <span className="inline-flex items-center gap-1.5">
            <span aria-hidden className="bg-foreground size-2.5 rotate-45 rounded-[2px]" /> Recommended
          </span>
        </p>
      </CardHeader>
      <CardContent className="grid gap-x-6 gap-y-5 pt-1 sm:grid-cols-2 xl:grid-cols-3">
        {mix.channels.map((channel, at) => (
          <Curve
            key={channel.name}
            mix={mix}
            channel={channel}
            high={high}
            color={seriesColor(channel.name, at)}
            recommended={budget.channels.find((share) => share.name === channel.name)?.spend ?? channel.present}
          />
        ))}
      </CardContent>
    </Card>
  );
}

/** What the mean curve says at a spend, between its points in a straight line. */
function at(channel: MixChannel, spend: number): number {
  const { curve } = channel;
  const after = curve.findIndex((point) => point.spend >= spend);
  const right = curve[after === -1 ? curve.length - 1 : after];
  const left = curve[Math.max(0, (after === -1 ? curve.length : after) - 1)];
  if (!left || !right) return 0;
  const span = right.spend - left.spend;
  return span > 0 ? left.response.mean + ((Math.min(spend, right.spend) - left.spend) / span) * (right.response.mean - left.response.mean) : right.response.mean;
}

function Curve({ mix, channel, high, color, recommended }: { mix: Mix; channel: MixChannel; high: number; color: string; recommended: number }) {
  const [ref, { width }] = useSize<HTMLDivElement>();
  const { domain, ticks } = niceDomain([high], 3);
  const most = Math.max(1, channel.curve.at(-1)?.spend ?? 1);
  const x = linear([0, most], [MARGIN.left, Math.max(MARGIN.left, width - MARGIN.right)]);
  const y = linear(domain, [HEIGHT - MARGIN.bottom, MARGIN.top]);
  const spend = (value: number) => money(value, mix.currency, { compact: true });
  const said = `${channel.name}: at present ${spend(channel.present)} a week brings ${outcomeText(at(channel, channel.present), mix)}; recommended ${spend(recommended)} brings ${outcomeText(at(channel, recommended), mix)}.`;
  const band = area<MixChannel["curve"][number]>()
    .x((point) => x(point.spend))
    .y0((point) => y(point.response.low))
    .y1((point) => y(point.response.high))
    .curve(curveMonotoneX);
  const mean = line<MixChannel["curve"][number]>()
    .x((point) => x(point.spend))
    .y((point) => y(point.response.mean))
    .curve(curveMonotoneX);
  return (
    <figure className="min-w-0">
      <figcaption className="mb-1 flex items-center gap-2 text-[0.8125rem] font-medium">
        <span aria-hidden className="size-2 rounded-full" style={{ background: color }} />
        <span className="truncate">{channel.name}</span>
        <span className="text-muted-foreground tabular ml-auto text-xs font-normal">
          {spend(channel.present)} → {spend(recommended)}
        </span>
      </figcaption>
      <div ref={ref}>
        <svg role="img" aria-label={said} width="100%" height={HEIGHT} className="block overflow-visible">
          {width > 0 ? (
            <>
              {ticks.map((tick) => (
                <g key={tick}>
                  <line x1={MARGIN.left} x2={width - MARGIN.right} y1={y(tick)} y2={y(tick)} className="stroke-border" />
                  <text x={MARGIN.left - 6} y={y(tick)} dy="0.32em" textAnchor="end" className="fill-muted-foreground text-2xs">
                    {outcomeText(tick, mix, { compact: true })}
                  </text>
                </g>
              ))}
              <rect
                x={x(Math.min(channel.highest, most))}
                y={MARGIN.top}
                width={Math.max(0, x(most) - x(Math.min(channel.highest, most)))}
                height={HEIGHT - MARGIN.bottom - MARGIN.top}
                className="fill-muted opacity-60"
              />
              <path d={band(channel.curve) ?? ""} fill={color} opacity={0.18} />
              <path d={mean(channel.curve) ?? ""} fill="none" stroke={color} strokeWidth={2} />
              {[0, 0.5, 1].map((part) => (
                <text key={part} x={x(most * part)} y={HEIGHT - 6} textAnchor={part === 0 ? "start" : part === 1 ? "end" : "middle"} className="fill-muted-foreground text-2xs">
                  {spend(most * part)}
                </text>
              ))}
              <circle cx={x(channel.present)} cy={y(at(channel, channel.present))} r={4.5} className="fill-card stroke-foreground" strokeWidth={2} />
              <rect
                x={-4.5}
                y={-4.5}
                width={9}
                height={9}
                rx={1.5}
                transform={`translate(${x(Math.min(recommended, most))} ${y(at(channel, recommended))}) rotate(45)`}
                className="fill-foreground stroke-card"
                strokeWidth={1.5}
              />
            </>
          ) : null}
        </svg>
      </div>
    </figure>
  );
}
