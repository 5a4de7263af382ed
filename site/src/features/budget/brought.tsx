import type { Mix, MixChannel } from "@/api/planning";
import { linear } from "@/components/chart/scale";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { seriesColor } from "@/lib/channels";
import { money, percent } from "@/lib/format";

import { interval, outcomeText, worth } from "./figures";

/** What each channel brought: its share of the outcome with the interval, and what its money was worth. */
export function Brought({ mix }: { mix: Mix }) {
  const high = Math.max(1e-9, ...mix.channels.flatMap((channel) => [channel.share.high, channel.share.mean]));
  const x = linear([0, high], [0, 100]);
  const all = mix.channels.reduce((sum, channel) => sum + channel.share.mean, 0);
  const revenue = mix.outcome === "revenue";
  return (
    <Card aria-label="What each channel brought">
      <CardHeader className="items-start pt-4">
        <div className="min-w-0">
          <CardTitle>What each channel brought</CardTitle>
          <CardDescription className="mt-0.5">
            Paid channels together brought about {percent(all, { digits: 0 })} of {revenue ? "revenue" : "orders"}; the rest would have come anyway.
          </CardDescription>
        </div>
      </CardHeader>
      <CardContent className="pt-0">
        {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- what scrolls must be reachable by keyboard */}
        <div className="thin-scroll focus-ring overflow-x-auto" role="region" aria-label="What each channel brought, table" tabIndex={0}>
          <table className="w-full min-w-[44rem] text-[0.8125rem]">
            <thead>
              <tr className="text-muted-foreground text-xs [&_th]:py-2 [&_th]:font-medium">
                <th scope="col" className="w-40 text-left">Channel</th>
                <th scope="col" className="text-left">Share of {revenue ? "revenue" : "orders"}</th>
                <th scope="col" className="text-right">Brought</th>
                <th scope="col" className="text-right">Spend</th>
                <th scope="col" className="text-right">{revenue ? "ROAS" : "Cost per order"}</th>
                <th scope="col" className="text-right">{revenue ? "Next unit spent" : "Next order costs"}</th>
              </tr>
            </thead>
            <tbody className="divide-y border-t">
              {mix.channels.map((channel, at) => (
                <Row key={channel.name} channel={channel} mix={mix} color={seriesColor(channel.name, at)} x={x} />
              ))}
            </tbody>
          </table>
        </div>
        <p className="text-muted-foreground mt-3 text-xs text-pretty">
          {revenue ? "ROAS is revenue brought for each unit spent. “Next unit spent” is what one more a week would bring at the present spend: below 1 it costs more than it brings in." : "“Next order costs” is what one more order a week would cost at the present spend."}{" "}
          Small figures are intervals of {percent(mix.level, { digits: 0 })}.
        </p>
      </CardContent>
    </Card>
  );
}

function Row({ channel, mix, color, x }: { channel: MixChannel; mix: Mix; color: string; x: (value: number) => number }) {
  const { share } = channel;
  const back = worth(channel.return_on_spend, mix);
  const next = worth(channel.marginal_return, mix);
  const shares = (value: number) => percent(value, { digits: 1 });
  const text = (value: number) => outcomeText(value, mix, { compact: true });
  return (
    <tr className="[&_td]:py-2.5 [&_td]:pl-4 [&_th]:py-2.5">
      <th scope="row" className="text-left font-medium">
        <span className="flex items-center gap-2">
          <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: color }} />
          <span title={channel.merged.length > 1 ? channel.merged.join(", ") : channel.name}>{channel.name}</span>
        </span>
        {channel.merged.length > 1 ? <span className="text-muted-foreground block pl-4 text-2xs font-normal">{channel.merged.length} small ones together</span> : null}
      </th>
      <td className="min-w-44 !pl-0">
        <span className="flex items-center gap-3">
          <span aria-hidden className="bg-muted/70 relative h-5 min-w-20 flex-1 rounded-sm">
            <span className="absolute inset-y-0 left-0 rounded-sm opacity-80" style={{ width: `${x(share.mean)}%`, background: color }} />
            <span className="bg-foreground absolute top-1/2 h-0.5 -translate-y-1/2" style={{ left: `${x(share.low)}%`, width: `${x(share.high) - x(share.low)}%` }} />
            {[share.low, share.high].map((end, at) => (
              <span key={at} className="bg-foreground absolute top-1/2 h-2.5 w-0.5 -translate-x-1/2 -translate-y-1/2" style={{ left: `${x(end)}%` }} />
            ))}
          </span>
          <Figure main={shares(share.mean)} range={interval(share, shares)} />
        </span>
      </td>
      <td><Figure main={text(channel.brought.mean)} range={interval(channel.brought, text)} /></td>
      <td><Figure main={money(channel.spend, mix.currency, { compact: true })} range={`${percent(channel.spend_share, { digits: 0 })} of spend`} /></td>
      <td><Figure main={back.main} range={back.range} /></td>
      <td><Figure main={next.main} range={next.range} /></td>
    </tr>
  );
}

function Figure({ main, range }: { main: string; range: string }) {
  return (
    <span className="tabular block text-right leading-4 whitespace-nowrap">
      <span className="block font-medium">{main}</span>
      <span className="text-muted-foreground block text-2xs">{range}</span>
    </span>
  );
}
