import { useQuery } from "@tanstack/react-query";
import { ChartNoAxesCombined } from "lucide-react";

import type { CampaignDetail } from "@/api/loop-types";
import { channelsQuery, modelsQuery } from "@/api/queries";
import { Channel } from "@/components/channel";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { useScope } from "@/hooks/use-scope";
import { rangeText } from "@/lib/dates";
import { count, creditDigits, money, percent, ratio } from "@/lib/format";

/** What the campaign cost and brought in the days chosen above: channels' figures, and orders by attribution. */
export function CampaignFigures({ campaign }: { campaign: CampaignDetail }) {
  const scope = useScope();
  const models = useQuery(modelsQuery);
  const figures = useQuery({ ...channelsQuery(scope.query, { by: "campaign" }), refetchInterval: campaign.status === "live" ? 30_000 : false });
  const rows = (figures.data?.rows ?? []).filter((row) => row.campaign === campaign.utm_campaign && campaign.utm_campaign !== "");
  const currency = figures.data?.currency ?? campaign.currency;
  const sum = (read: (row: (typeof rows)[number]) => number) => rows.reduce((total, row) => total + read(row), 0);
  const over = (a: number, b: number) => (b === 0 ? null : a / b);
  const spend = sum((row) => row.spend);
  const clicks = sum((row) => row.clicks);
  const impressions = sum((row) => row.impressions);
  const orders = sum((row) => row.conversions);
  const value = sum((row) => row.value);
  const digits = creditDigits(rows.map((row) => row.conversions));
  const tiles: [string, string][] = [
    ["Spend", money(spend, currency)],
    ["Impressions", count(impressions)],
    ["Clicks", count(clicks)],
    ["CTR", percent(over(clicks, impressions))],
    ["Orders", count(orders, { digits })],
    ["Revenue", money(value, currency)],
    ["CPA", money(over(spend, orders), currency)],
    ["ROAS", ratio(over(value, spend))],
  ];
  return (
    <Card aria-label="Figures" className="overflow-hidden">
      <CardHeader className="border-b">
        <CardTitle>Figures</CardTitle>
        <span className="text-muted-foreground tabular text-xs">{rangeText(scope.range)}</span>
        {models.data ? (
          <span className="text-muted-foreground ml-auto text-xs">{models.data.rows.find((one) => one.id === models.data.default)?.label} attribution</span>
        ) : null}
      </CardHeader>
      {figures.isError ? (
        <ErrorState error={figures.error} onRetry={() => void figures.refetch()} />
      ) : figures.isPending ? (
        <TableSkeleton rows={2} columns={6} />
      ) : rows.length === 0 ? (
        <NothingYet icon={ChartNoAxesCombined} title="No figures in these days yet" className="py-10">
          Channels report every few hours; clicks that reach your site with <code className="font-mono text-xs">utm_campaign={campaign.utm_campaign}</code> count at once.
        </NothingYet>
      ) : (
        <>
          <dl className="bg-border grid grid-cols-2 gap-px sm:grid-cols-4 xl:grid-cols-8">
            {tiles.map(([label, text]) => (
              <div key={label} className="bg-card px-4 py-3">
                <dt className="text-muted-foreground text-xs">{label}</dt>
                <dd className="tabular truncate text-lg leading-7 font-semibold tracking-tight">{text}</dd>
              </div>
            ))}
          </dl>
          {rows.length > 1 ? (
            // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area has to be reachable by keyboard
            <div role="region" aria-label="Figures by channel, scrolling sideways" tabIndex={0} className="focus-ring thin-scroll overflow-x-auto border-t -outline-offset-2">
              <table aria-label="Figures by channel" className="w-full text-[0.8125rem]">
                <thead className="text-muted-foreground text-xs">
                  <tr>
                    {["Channel", "Spend", "Clicks", "CTR", "Orders", "Revenue", "ROAS"].map((label, index) => (
                      <th key={label} scope="col" className={`h-9 px-3 font-medium whitespace-nowrap first:pl-4 last:pr-4 sm:first:pl-5 sm:last:pr-5 ${index === 0 ? "text-left" : "text-right"}`}>
                        {label}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {rows.map((row) => (
                    <tr key={`${row.channel} ${row.source}`} className="*:h-11 *:border-t *:px-3 *:whitespace-nowrap *:first:pl-4 *:last:pr-4 sm:*:first:pl-5 sm:*:last:pr-5">
                      <th scope="row" className="text-left font-normal">
                        <Channel name={row.channel} detail={row.source} />
                      </th>
                      {[
                        money(row.spend, currency),
                        count(row.clicks),
                        percent(row.ctr),
                        count(row.conversions, { digits }),
                        money(row.value, currency),
                        ratio(row.roas),
                      ].map((text, index) => (
                        <td key={index} className="tabular text-right">
                          {text}
                        </td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          ) : null}
        </>
      )}
    </Card>
  );
}
