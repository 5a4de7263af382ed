import type { Readout, Segment } from "@/api/experiments";
import { ShareBar } from "@/components/chart/share-bar";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { seriesColor } from "@/lib/channels";
import { count, NONE, percent } from "@/lib/format";

import { featureName, levelName } from "./context";

/** From this chance on a group is said to prefer a variant. */
const SURE = 0.9;

/** Which variant works for whom, where the choice looks at who comes. */
export function Segments({ readout, nameOf }: { readout: Readout; nameOf: (key: string) => string }) {
  if (!readout.segments) return null;
  const features = [...new Set(readout.segments.map((one) => one.feature))];
  const sure = readout.segments.filter((one) => (chance(one) ?? 0) >= SURE);
  const preferred = new Set(sure.map((one) => one.best));
  return (
    <Card aria-label="What works for whom" className="min-w-0 overflow-hidden">
      <CardHeader className="pt-4">
        <div className="min-w-0">
          <CardTitle>What works for whom</CardTitle>
          <CardDescription className="mt-0.5">
            {features.length === 0
              ? "Nobody has been here yet."
              : preferred.size > 1
                ? "Groups prefer different variants, and each is shown what works for it."
                : preferred.size === 1
                  ? `So far nobody surely prefers anything but ${nameOf([...preferred][0] ?? "")}.`
                  : "It cannot tell yet whether groups prefer different variants."}
          </CardDescription>
        </div>
      </CardHeader>
      {features.length > 0 ? (
        <CardContent className="space-y-5 pt-0">
          {features.map((feature) => (
            <section key={feature} aria-label={featureName(feature)}>
              <h3 className="mb-2 text-[0.8125rem] font-medium">{featureName(feature)}</h3>
              <ul className="space-y-3">
                {readout.segments?.filter((one) => one.feature === feature).map((one) => <Group key={one.level} segment={one} readout={readout} nameOf={nameOf} />)}
              </ul>
            </section>
          ))}
          <p className="text-muted-foreground text-xs text-pretty">
            The bar divides by the chance to be the best for the group. Rates are those of a linear model of all visitors with what is known of them (Bayesian regression; linear Thompson sampling, Agrawal and Goyal, 2013), with bounds that hold 95% of the
            time. A variant is paused only once it is unlikely to be the best for any group that is not tiny, and wins only once it is for all.
          </p>
        </CardContent>
      ) : null}
    </Card>
  );
}

const chance = (segment: Segment) => segment.variants.find((one) => one.key === segment.best)?.probability_best ?? null;

function Group({ segment, readout, nameOf }: { segment: Segment; readout: Readout; nameOf: (key: string) => string }) {
  const best = segment.variants.find((one) => one.key === segment.best);
  const shares = readout.variants.flatMap((variant, index) => {
    const found = segment.variants.find((one) => one.key === variant.key);
    return found?.probability_best == null ? [] : [{ key: variant.key, label: nameOf(variant.key), color: seriesColor(variant.key, index), value: found.probability_best }];
  });
  return (
    <li>
      <div className="flex flex-wrap items-baseline gap-x-3 text-[0.8125rem]">
        <span className="min-w-0 break-words">{levelName(segment.feature, segment.level)}</span>
        <span className="text-muted-foreground tabular text-xs">{count(Math.round(segment.visitors))} visitors</span>
        <span className="tabular ml-auto min-w-0 text-right">
          {best?.probability_best == null ? NONE : `${nameOf(best.key)}, ${percent(best.probability_best, { digits: 0 })} likely the best`}
        </span>
      </div>
      <ShareBar label={`Chance to be the best, ${levelName(segment.feature, segment.level)}`} shares={shares} labelled={false} className="mt-1.5 h-2.5 rounded-full" />
      <p className="text-muted-foreground tabular mt-1 text-2xs">
        {segment.variants.map((one) => `${nameOf(one.key)} ${percent(one.rate, { digits: 1 })} (${percent(one.low, { digits: 1 })} to ${percent(one.high, { digits: 1 })})`).join(" · ")}
      </p>
    </li>
  );
}
