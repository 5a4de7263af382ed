import { useState } from "react";

import type { Readout } from "@/api/experiments";
import { type ChartSeries, Legend, TimeSeries } from "@/components/chart/time-series";
import { seriesColor } from "@/lib/channels";
import { longDay, percent } from "@/lib/format";

/** How likely each rate is for each variant, on a day: the narrower a curve, the surer; where curves part, one is better. */
export function Curves({ readout, nameOf }: { readout: Readout; nameOf: (key: string) => string }) {
  const { rates, days } = readout.densities;
  const [picked, setPicked] = useState<number | null>(null);
  const last = days.length - 1;
  const place = Math.min(picked ?? last, last);
  const shown = days[place];
  if (!shown || rates.length === 0) return null;
  const day = longDay(Date.parse(shown.date), "UTC");
  const series: ChartSeries[] = readout.variants.flatMap((variant, index) => {
    const found = shown.variants.find((one) => one.key === variant.key);
    if (!found) return [];
    return [{ key: variant.key, label: nameOf(variant.key), color: seriesColor(variant.key, index), filled: true, points: rates.map((rate, at) => ({ t: rate, value: found.heights[at] ?? null })) }];
  });
  return (
    <div className="border-t pt-4">
      <div className="mb-3 flex flex-wrap items-baseline gap-x-4 gap-y-1">
        <h3 className="text-[0.8125rem] font-medium">Which rates are likely</h3>
        <span className="text-muted-foreground tabular ml-auto text-xs">{place === last ? `${day}, as of now` : day}</span>
      </div>
      <Legend series={series} className="mb-2" />
      <TimeSeries
        label={`How likely each rate is, ${day}`}
        along="Rate"
        series={series}
        formatValue={(value) => (value == null ? "not known" : `${percent(value, { digits: 0 })} of the peak`)}
        formatTick={(value) => (value === 0 ? "unlikely" : value >= 1 ? "likeliest" : "")}
        formatTime={(rate) => percent(rate, { digits: 1 })}
        formatTimeLong={(rate) => `A rate of ${percent(rate, { digits: 2 })}`}
        className="h-56 min-h-56"
      />
      {days.length > 1 ? (
        <input
          type="range"
          aria-label="Day shown"
          aria-valuetext={day}
          min={0}
          max={last}
          step={1}
          value={place}
          onChange={(event) => setPicked(Number(event.target.value))}
          className="focus-ring accent-primary mt-3 block w-full cursor-pointer rounded-full dark:[color-scheme:dark]"
        />
      ) : null}
      <p className="text-muted-foreground mt-2 text-xs text-pretty">
        The narrower a curve, the surer its rate; where two no longer overlap, one variant is better. {days.length > 1 ? "Move the handle to see how they came apart day by day." : "From the second day on you see how they move."}
      </p>
    </div>
  );
}
