import type { Mix } from "@/api/planning";
import { HowComputed } from "@/components/how-computed";
import { count, percent } from "@/lib/format";

/** How the figures are computed, with the sources and the limits: docs/science.md says the same at length. */
export function How({ mix }: { mix: Mix }) {
  const { quality } = mix;
  return (
    <HowComputed>
      <p>
        A model of {quality.weeks} weeks: each week’s {mix.outcome} is a level, a trend and a season, plus what each channel’s spend adds. Spend works on into
        later weeks and levels off as it grows.
      </p>
      <p className="bg-muted rounded-md px-3 py-2 font-mono text-xs">
        y = level + trend + season + Σ β · S(A(spend)) + error
        <br />
        A: aₜ = xₜ + θ aₜ₋₁ (carry-over)
        <br />
        S: xˢ / (xˢ + hˢ) (levelling off, Hill)
      </p>
      <p>
        It is fitted by drawing {count(quality.draws)} sets of curves that explain the weeks (Bayesian; Metropolis as in Vihola, 2012). An interval holds the
        middle {percent(mix.level, { digits: 0 })} of the draws; a curve’s band holds {percent(mix.level, { digits: 0 })} of whole curves (Myllymäki and others,
        2017). The chains agree with R-hat {count(quality.r_hat, { digits: 3 })} (near 1 is good) and the draws are worth {count(Math.round(quality.effective_draws))}{" "}
        independent ones. The model explains {percent(quality.r_squared, { digits: 0 })} of the ups and downs.
      </p>
      <p>
        The division is searched over the mean of the draws’ curves by dynamic programming (Bellman, 1957), in whole cents. What it would gain is then taken draw
        by draw, which gives the interval and the probability.
      </p>
      <p>
        Limits: spend that never changed, or channels that always moved together, cannot be told apart. Spend that follows expected demand looks better than it
        is. Beyond the highest week seen a curve is mostly assumed. The recommendation trusts the mean curve and a spend kept up for weeks: move in steps of a
        fifth or so, and measure with an experiment before going on.
      </p>
    </HowComputed>
  );
}
