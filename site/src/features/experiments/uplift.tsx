import { useQuery } from "@tanstack/react-query";
import { Users } from "lucide-react";
import { useState } from "react";

import { type Experiment, type Uplift, upliftQuery } from "@/api/experiments";
import { type ChartBand, type ChartSeries, Legend, TimeSeries } from "@/components/chart/time-series";
import { HowComputed } from "@/components/how-computed";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { seriesColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { count, NONE, percent, plural } from "@/lib/format";

import { featureName, levelName } from "./context";

type Segment = Uplift["segments"][number];
type Bounded = NonNullable<Segment["compared"]["difference"]>;

const points = (value: number | null | undefined, digits = 1) => (value == null ? NONE : `${count(value * 100, { digits, signed: true })} pts`);
const between = ({ low, high }: Bounded) => `${count(low * 100, { digits: 1, signed: true })} to ${count(high * 100, { digits: 1, signed: true })}`;

/** Whom a variant moves: what it changes for each group, and whether groups differ at all. */
export function WhomItMoves({ experiment }: { experiment: Experiment }) {
  const [control, ...others] = experiment.variants;
  const [picked, setPicked] = useState(others[0]?.key ?? "");
  const known = experiment.context.length > 0 && (experiment.status === "running" || experiment.status === "decided") && others.length > 0;
  const asked = useQuery({ ...upliftQuery(experiment.id, picked, experiment.status === "running"), enabled: known });
  if (!known || !control) return null;
  const name = experiment.variants.find((one) => one.key === picked)?.name ?? picked;
  return (
    <Card aria-label="Whom it moves" className="min-w-0 overflow-hidden">
      <CardHeader className="flex-wrap items-start pt-4">
        <div className="min-w-0">
          <CardTitle>Whom it moves</CardTitle>
          <CardDescription className="mt-0.5">
            Who converts because of {name}, and would not with {control.name}
          </CardDescription>
        </div>
        <div className="ml-auto flex flex-wrap items-center gap-2">
          {others.length > 1 ? <Select label="Variant looked at" align="end" value={picked} onChange={setPicked} options={others.map((one) => ({ value: one.key, label: one.name }))} /> : null}
          {asked.data ? <Computed uplift={asked.data} /> : null}
        </div>
      </CardHeader>
      {asked.isError ? (
        <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
      ) : !asked.data ? (
        <CardContent>
          <Skeleton role="status" aria-label="Loading" className="h-56 w-full rounded-lg" />
        </CardContent>
      ) : asked.data.visitors === 0 ? (
        <NothingYet icon={Users} title="Nobody’s outcome is known yet" className="py-10">
          {asked.data.unsettled > 0
            ? `${plural(asked.data.unsettled, "visitor")} may still convert. As soon as their time is over, groups are compared here.`
            : "As soon as visitors have been shown both, groups of them are compared here."}
        </NothingYet>
      ) : (
        <Told uplift={asked.data} color={seriesColor(picked, others.findIndex((one) => one.key === picked) + 1)} />
      )}
    </Card>
  );
}

function Told({ uplift, color }: { uplift: Uplift; color: string }) {
  const differs = uplift.verdict === "differs";
  const features = [...new Set(uplift.segments.map((one) => one.feature))];
  return (
    <CardContent className="space-y-5 pt-0">
      <div>
        <Badge variant={differs ? "positive" : "secondary"}>{differs ? "Groups differ" : "Cannot tell"}</Badge>
        <p className="mt-2 text-[0.8125rem] text-pretty break-words">{uplift.said}</p>
        <p className="text-muted-foreground tabular mt-1 text-xs text-pretty">
          All {count(uplift.visitors)} visitors: {percent(uplift.overall.rate_without, { digits: 1 })} without it, {percent(uplift.overall.rate_with, { digits: 1 })} with it
          {uplift.overall.difference ? `, a difference of ${points(uplift.overall.difference.value)} (${between(uplift.overall.difference)})` : ""}.
        </p>
      </div>
      {uplift.curve.length > 0 ? <Curve uplift={uplift} color={color} /> : null}
      {features.length > 0 ? <Groups uplift={uplift} features={features} color={color} /> : null}
      <Left uplift={uplift} />
    </CardContent>
  );
}

/** What showing the variant to a part of the visitors gains, ordered by the models or by chance. */
function Curve({ uplift, color }: { uplift: Uplift; color: string }) {
  // Every second point: steps of five per cent read better along the axis.
  const curve = uplift.curve.filter((_, place) => place % 2 === 0);
  const series: ChartSeries[] = [
    { key: "ordered", label: "Those it moves most first", color, points: curve.map((at) => ({ t: at.share, value: at.gain.value })) },
    { key: "random", label: "By chance", color: "var(--muted-foreground)", faint: true, points: curve.map((at) => ({ t: at.share, value: at.random })) },
  ];
  const bands: ChartBand[] = [{ key: "bounds", label: "95% interval", color, strength: 0.16, points: curve.map((at) => at.gain) }];
  return (
    <section aria-label="What a part of the visitors gains" className="border-t pt-4">
      <h3 className="text-[0.8125rem] font-medium">Shown only to those it moves most</h3>
      <p className="text-muted-foreground mt-0.5 mb-3 text-xs text-pretty">Conversions gained, in points over all visitors, by the share of visitors who see it. The further above chance, the more it matters who sees it.</p>
      <Legend series={series} bands={bands} className="mb-2" />
      <TimeSeries
        label="Conversions gained by share of visitors shown it"
        along="Share of visitors shown it"
        series={series}
        bands={bands}
        formatValue={(value) => points(value, 2)}
        formatTick={(value) => count(value * 100, { digits: 1 })}
        formatTime={(share) => percent(share, { digits: 0 })}
        formatTimeLong={(share) => `The first ${percent(share, { digits: 0 })} of visitors`}
        className="h-56 min-h-56"
      />
      <dl className="mt-3 grid gap-x-4 gap-y-2 text-[0.8125rem] sm:grid-cols-2">
        <Order label="Two models" scores={uplift.two_models} />
        <Order label="Class transformation, to compare" scores={uplift.class_transformation} />
      </dl>
    </section>
  );
}

const scale = ({ value, low, high }: Bounded) => `${count(value, { digits: 2 })} (${count(low, { digits: 2 })} to ${count(high, { digits: 2 })})`;

function Order({ label, scores }: { label: string; scores: Uplift["two_models"] }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted-foreground text-xs">{label}</dt>
      <dd className="tabular">
        {scores ? (
          <>
            <span className="block font-medium">Qini {scale(scores.qini)}</span>
            <span className="text-muted-foreground block text-2xs">AUUC {scale(scores.auuc)}</span>
          </>
        ) : (
          NONE
        )}
      </dd>
    </div>
  );
}

function Groups({ uplift, features, color }: { uplift: Uplift; features: string[]; color: string }) {
  const ends = uplift.segments.flatMap(({ compared }) => (compared.difference ? [Math.abs(compared.difference.low), Math.abs(compared.difference.high)] : []));
  // A tiny group knows nothing, and its bounds would flatten all others: the axis holds half of what the widest needs.
  const reach = Math.max(0.001, Math.min(Math.max(...ends, 0), 3 * (ends.toSorted((a, b) => a - b)[Math.floor(ends.length / 2)] ?? 0)));
  return (
    <div className="border-t pt-4">
    {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a region that scrolls has to be reached by keyboard */}
    <div role="region" aria-label="What it changes for each group" tabIndex={0} className="focus-ring thin-scroll overflow-x-auto rounded-md">
      <table className="w-full text-[0.8125rem]">
        <caption className="mb-2 text-left font-medium">What it changes for each group</caption>
        <thead>
          <tr className="text-muted-foreground border-b text-xs">
            <th scope="col" className="py-1.5 text-left font-medium">Group</th>
            <th scope="col" className="py-1.5 pl-3 text-right font-medium">Without</th>
            <th scope="col" className="py-1.5 pl-3 text-right font-medium">With</th>
            <th scope="col" className="py-1.5 pl-3 text-left font-medium">Difference, 95% interval</th>
          </tr>
        </thead>
        {features.map((feature) => (
          <tbody key={feature}>
            <tr>
              <th scope="rowgroup" colSpan={4} className="text-muted-foreground pt-3 pb-1 text-left text-xs font-medium">
                {featureName(feature)}
              </th>
            </tr>
            {uplift.segments
              .filter((one) => one.feature === feature)
              .map(({ level, compared }) => (
                <tr key={level} className="border-b align-top last:border-0">
                  <th scope="row" className="py-1.5 text-left font-normal">
                    <span className="block break-words">{levelName(feature, level)}</span>
                    <span className="text-muted-foreground tabular block text-2xs whitespace-nowrap">{plural(compared.visitors, "visitor")}</span>
                  </th>
                  <td className="tabular py-1.5 pl-3 text-right">{percent(compared.rate_without, { digits: 1 })}</td>
                  <td className="tabular py-1.5 pl-3 text-right">{percent(compared.rate_with, { digits: 1 })}</td>
                  <td className="tabular w-1/2 min-w-32 py-1.5 pl-3">
                    {compared.difference ? (
                      <>
                        <span className="font-medium whitespace-nowrap">{points(compared.difference.value)}</span> <span className="text-muted-foreground text-xs whitespace-nowrap">{between(compared.difference)}</span>
                        <Strip difference={compared.difference} reach={reach} color={color} />
                      </>
                    ) : (
                      <span className="text-muted-foreground text-xs">only one of the two was shown</span>
                    )}
                  </td>
                </tr>
              ))}
          </tbody>
        ))}
      </table>
    </div>
    </div>
  );
}

/** A difference with its interval around nothing, on the scale all groups share. */
function Strip({ difference, reach, color }: { difference: Bounded; reach: number; color: string }) {
  const at = (value: number) => 50 + (50 * Math.max(-reach, Math.min(reach, value))) / reach;
  const clear = difference.low > 0 || difference.high < 0;
  return (
    <div aria-hidden className="bg-muted relative mt-1.5 h-2 rounded-full">
      <div className={cn("absolute inset-y-0 rounded-full", clear ? "opacity-60" : "opacity-30")} style={{ left: `${at(difference.low)}%`, width: `${at(difference.high) - at(difference.low)}%`, background: color }} />
      <div className="bg-foreground/50 absolute -inset-y-0.5 left-1/2 w-px" />
      <div className="absolute -inset-y-0.5 w-0.5 -translate-x-1/2 rounded-full" style={{ left: `${at(difference.value)}%`, background: color }} />
    </div>
  );
}

/** Who is not in these figures. */
function Left({ uplift }: { uplift: Uplift }) {
  const parts = [
    uplift.unsettled > 0 ? `${plural(uplift.unsettled, "visitor")} may still convert and ${uplift.unsettled === 1 ? "is" : "are"} not counted yet.` : "",
    uplift.left_out > 0 ? `${plural(uplift.left_out, "visitor")} of rare combinations ${uplift.left_out === 1 ? "is" : "are"} left out.` : "",
    uplift.forgotten > 0 ? `The newest 20,000 decisions are kept; ${count(uplift.forgotten)} older ones are not in these figures.` : "",
  ].filter(Boolean);
  return (
    <p className="text-muted-foreground text-xs text-pretty">
      {parts.join(" ")} Of many groups one in twenty leaves 0 out by chance alone: believe a group’s difference where the verdict says that groups differ.
    </p>
  );
}

/** How the figures are computed, with the sources: docs/science.md says the same at length. */
function Computed({ uplift }: { uplift: Uplift }) {
  return (
    <HowComputed>
      <p>
        Only visitors whose time to convert is over count. Each counts 1 / (the probability they were shown their variant with), at most 50 times, so that both variants stand for all visitors although shares were not even.
      </p>
      <p>
        Visitors are divided into five parts by chance. Models learn from four what the variant changes for whom, and order the fifth; so nobody is ordered by a model that has seen them. Two models: the chance to convert with the variant less that without it, each by logistic
        regression (Hansotia and Rukstales, 2002). Class transformation: one model of “shown it and converted, or not shown it and not” (Jaskowski and Jaroszewicz, 2012).
      </p>
      <p>
        The curve is Qini’s: among the first so many visitors, conversions with the variant − conversions without it × their ratio in number. Qini is the area between it and the straight line of chance over that of the best curve possible (Radcliffe, 2007); AUUC is the same of
        the uplift curve. 0 is chance, 1 the best possible.
      </p>
      <p>Groups are said to differ only if the interval of the two models’ Qini lies above 0. Its bounds hold {percent(uplift.level, { digits: 0 })}: a bootstrap of 400 draws over the visitors with their order held.</p>
      <p>Below {count(uplift.least_conversions)} conversions of each variant nothing is said: the error of a rate is then above a seventh of it. Differences of groups are bounded by Newcombe’s method from each rate’s Jeffreys interval.</p>
      <p>Models add effects up, so that phones in Norway are phones plus Norway. Where a variant was never shown to a combination, nothing makes up for it: a least share (floor) keeps that from happening.</p>
    </HowComputed>
  );
}
