import type { Mix, MixChannel } from "@/api/planning";
import { linear } from "@/components/chart/scale";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { seriesColor } from "@/lib/channels";
import { money, percent } from "@/lib/format";

import { interval, outcomeText, worth } from "./figures";
import { IntervalBar } from "./interval-bar";

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
        <div className="@container">
          <ul aria-label="Channels" className="m-0 list-none divide-y border-t p-0 @2xl:hidden">
            {mix.channels.map((channel, at) => (
              <Item key={channel.name} channel={channel} mix={mix} color={seriesColor(channel.name, at)} x={x} />
            ))}
          </ul>
          <table className="hidden w-full text-[0.8125rem] @2xl:table">
            <thead>
              <tr className="text-muted-foreground text-xs [&_th]:py-2 [&_th]:font-medium">
                <th scope="col" className="w-36 text-left">Channel</th>
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

interface ChannelProps {
  channel: MixChannel;
  mix: Mix;
  color: string;
  x: (value: number) => number;
}

/** A channel's figures as they are written. */
function written(channel: MixChannel, mix: Mix) {
  const shares = (value: number) => percent(value, { digits: 1 });
  const text = (value: number) => outcomeText(value, mix, { compact: true });
  const back = worth(channel.return_on_spend, mix);
  const next = worth(channel.marginal_return, mix);
  return {
    share: { main: shares(channel.share.mean), range: interval(channel.share, shares) },
    brought: { main: text(channel.brought.mean), range: interval(channel.brought, text) },
    spend: { main: money(channel.spend, mix.currency, { compact: true }), range: `${percent(channel.spend_share, { digits: 0 })} of spend` },
    back,
    next,
  };
}

function Row({ channel, mix, color, x }: ChannelProps) {
  const figures = written(channel, mix);
  return (
    <tr className="[&_td]:py-2.5 [&_td]:pl-4 [&_th]:py-2.5">
      <th scope="row" className="text-left font-medium">
        <Name channel={channel} color={color} />
      </th>
      <td className="min-w-40 !pl-0">
        <span className="flex items-center gap-3">
          <IntervalBar figure={channel.share} color={color} x={x} />
          <Figure {...figures.share} />
        </span>
      </td>
      <td><Figure {...figures.brought} /></td>
      <td><Figure {...figures.spend} /></td>
      <td><Figure {...figures.back} /></td>
      <td><Figure {...figures.next} /></td>
    </tr>
  );
}

/** The same where there is no room for a table. */
function Item({ channel, mix, color, x }: ChannelProps) {
  const figures = written(channel, mix);
  const revenue = mix.outcome === "revenue";
  const facts = [
    ["Brought", figures.brought],
    ["Spend", figures.spend],
    [revenue ? "ROAS" : "Cost per order", figures.back],
    [revenue ? "Next unit spent" : "Next order costs", figures.next],
  ] as const;
  return (
    <li className="space-y-2 py-3 text-[0.8125rem]">
      <span className="block font-medium">
        <Name channel={channel} color={color} />
      </span>
      <span className="flex items-center gap-3">
        <IntervalBar figure={channel.share} color={color} x={x} />
        <Figure {...figures.share} />
      </span>
      <dl className="grid grid-cols-2 gap-x-4 gap-y-1.5">
        {facts.map(([label, figure]) => (
          <div key={label}>
            <dt className="text-muted-foreground text-xs">{label}</dt>
            <dd className="tabular">
              <span className="font-medium">{figure.main}</span> <span className="text-muted-foreground text-2xs whitespace-nowrap">{figure.range}</span>
            </dd>
          </div>
        ))}
      </dl>
    </li>
  );
}

function Name({ channel, color }: Pick<ChannelProps, "channel" | "color">) {
  return (
    <>
      <span className="flex items-center gap-2">
        <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: color }} />
        <span title={channel.merged.length > 1 ? channel.merged.join(", ") : channel.name}>{channel.name}</span>
      </span>
      {channel.merged.length > 1 ? <span className="text-muted-foreground block pl-4 text-2xs font-normal">{channel.merged.length} small ones together</span> : null}
    </>
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
