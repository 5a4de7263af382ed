import { useQuery } from "@tanstack/react-query";

import { claimsQuery } from "@/api/queries";
import type { ChannelType } from "@/api/loop-types";
import type { Claims } from "@/api/types";
import { HowComputed } from "@/components/how-computed";
import { ProviderMark } from "@/components/provider";
import { ErrorState } from "@/components/states/error";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { useScope } from "@/hooks/use-scope";
import { PROVIDERS } from "@/lib/campaign";
import { count, creditDigits, money, plural, ratio } from "@/lib/format";

type Asked = Parameters<typeof claimsQuery>[1];

/** What platforms say they sold beside what they are credited with. Nothing is shown where no platform reports. */
export function ClaimsCard({ asked, model }: { asked: Asked; model: string }) {
  const scope = useScope();
  const claims = useQuery(claimsQuery(scope.query, asked));
  if (claims.isError) {
    return (
      <Card aria-label="What platforms claim">
        <ErrorState error={claims.error} onRetry={() => void claims.refetch()} />
      </Card>
    );
  }
  if (!claims.data || claims.data.rows.length === 0) return null;
  return <Table claims={claims.data} model={model} />;
}

function Table({ claims, model }: { claims: Claims; model: string }) {
  const { currency, rows } = claims;
  const digits = creditDigits(rows.flatMap((row) => [row.claimed_conversions, row.conversions]));
  const orders = (value: number) => count(value, { digits });
  const most = Math.max(...rows.flatMap((row) => [row.claimed_conversions, row.conversions]), 1e-9);
  const head = "text-muted-foreground py-1.5 pr-4 text-right text-xs font-medium last:pr-0";
  const cell = "py-2.5 pr-4 text-right whitespace-nowrap last:pr-0";
  return (
    <Card aria-label="What platforms claim">
      <CardHeader className="items-start pt-4">
        <div>
          <CardTitle>What platforms claim</CardTitle>
          <CardDescription className="mt-0.5">
            {rows.length === 1 ? "One platform claims" : `${count(rows.length)} platforms together claim`} {orders(claims.claimed)} of the shop’s{" "}
            {plural(claims.orders, "order")}.{claims.claimed_twice > 0 ? ` At least ${orders(claims.claimed_twice)} of those cannot be true.` : ""}
          </CardDescription>
        </div>
        <div className="ml-auto">
          <HowComputed>
            <p>
              A platform counts the conversions its own rules allow: some days after a click, often a day after an ad was only seen, some of them modelled. It
              does not know what other platforms did, so an order that several had a part in is claimed by each.
            </p>
            <p>
              Credited is what {model.toLowerCase()} gives the visits that came by the platform’s links, within {plural(claims.window_days, "day")} before the
              order. All credits together are all orders; claims are not. What is claimed beyond all orders is claimed twice at the least.
            </p>
            <p>Neither says what would have happened without the platform; only a test in which it is kept from some does.</p>
          </HowComputed>
        </div>
      </CardHeader>
      <CardContent className="pt-1">
        <table aria-label="Claims by platform" className="tabular w-full text-[0.8125rem]">
            <thead>
              <tr className="border-b">
                <th scope="col" className="text-muted-foreground py-1.5 pr-4 text-left text-xs font-medium">
                  Platform
                </th>
                <th scope="col" className={head}>
                  Claims
                </th>
                <th scope="col" className={head}>
                  Credited
                </th>
                <th scope="col" className={head} title="Claimed orders for each credited one">
                  Claims / credited
                </th>
                <th scope="col" className={`${head} hidden sm:table-cell`}>
                  ROAS claimed
                </th>
                <th scope="col" className={`${head} hidden sm:table-cell`}>
                  ROAS credited
                </th>
              </tr>
            </thead>
            <tbody className="divide-y">
              {rows.map((row) => {
                const provider = PROVIDERS[row.provider as ChannelType];
                return (
                  <tr key={row.provider}>
                    <th scope="row" className="py-2.5 pr-4 text-left font-medium">
                      <span className="flex items-center gap-2.5">
                        <ProviderMark type={row.provider} size="sm" />
                        <span className="min-w-24 flex-1">
                          {provider.name}
                          <span aria-hidden className="mt-1.5 block max-w-56 space-y-0.5">
                            <span className="bg-foreground/25 block h-1 min-w-0.5 rounded-full" style={{ width: `${(100 * row.claimed_conversions) / most}%` }} />
                            <span className="bg-primary block h-1 min-w-0.5 rounded-full" style={{ width: `${(100 * row.conversions) / most}%` }} />
                          </span>
                        </span>
                      </span>
                    </th>
                    <td className={cell}>
                      {orders(row.claimed_conversions)}
                      <span className="text-muted-foreground block text-2xs">{money(row.claimed_value, currency, { whole: true })}</span>
                    </td>
                    <td className={cell}>
                      {orders(row.conversions)}
                      <span className="text-muted-foreground block text-2xs">{money(row.value, currency, { whole: true })}</span>
                    </td>
                    <td className={`${cell} font-medium`}>{ratio(row.times)}</td>
                    <td className={`${cell} hidden sm:table-cell`}>{ratio(row.claimed_roas)}</td>
                    <td className={`${cell} hidden sm:table-cell`}>{ratio(row.roas)}</td>
                  </tr>
                );
              })}
            </tbody>
        </table>
        {rows.some((row) => row.foreign > 0) ? (
          <p className="text-muted-foreground mt-3 text-xs">
            Accounts in another currency than {currency} claim {orders(rows.reduce((sum, row) => sum + row.foreign, 0))} of these; their value and spend are not counted.
          </p>
        ) : null}
      </CardContent>
    </Card>
  );
}
