import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Scale } from "lucide-react";
import { useMemo } from "react";

import { comparisonQuery } from "@/api/queries";
import type { ComparedRow, Comparison } from "@/api/types";
import { Channel } from "@/components/channel";
import { byNumber, type Column, columnsOf, DataTable } from "@/components/data-table/data-table";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { HowComputed } from "@/components/how-computed";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { useScope } from "@/hooks/use-scope";
import { channelColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { count, creditDigits, money, percent, plural, ratio, readsWhole } from "@/lib/format";

import { FlowTable } from "./flow-table";
import { ModelStrips } from "./model-strips";
import { type AttributionSearch, type Figure, FIGURES, type Group, GROUPS } from "./search";

const GROUP_LABELS: Record<Group, string> = { channel: "Channel", source: "Source", campaign: "Campaign" };
const FIGURE_LABELS: Record<Figure, string> = { orders: "Orders", revenue: "Revenue", cpa: "CPA" };
const ORDERS = [1, 2, 3, 4];
const SORT = "mean.desc";

const keyOf = (row: ComparedRow) => [row.channel, row.source, row.campaign ?? ""].join("\u0000");

/** Every model over the same orders: where they agree, where they don't, and what the Markov chain has seen. */
export function ModelsView({ search, onChange }: { search: AttributionSearch; onChange: (patch: Record<string, unknown>) => void }) {
  const scope = useScope();
  const by = search.by ?? "channel";
  const order = search.order ?? 1;
  const asked = useQuery(comparisonQuery(scope.query, { window: search.window, half_life: search.half_life, by, order }));
  if (asked.isError) {
    return (
      <Card>
        <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
      </Card>
    );
  }
  if (asked.isPending) return <ModelsSkeleton />;
  const { data } = asked;
  if (data.conversions === 0) {
    return (
      <Card>
        <NothingYet
          icon={Scale}
          title="No orders to share out in these days"
          action={
            <Button asChild variant="outline">
              <Link to="/install">Install the pixel</Link>
            </Button>
          }
        >
          Models differ in how they share an order between the touches before it. As soon as an order has one, they stand here side by side.
        </NothingYet>
      </Card>
    );
  }
  const groups = (
    <Segmented
      label="Group by"
      value={by}
      onChange={(next) => onChange({ by: next === "channel" ? undefined : next, sort: undefined })}
      segments={GROUPS.map((value) => ({ value, label: GROUP_LABELS[value] }))}
    />
  );
  return (
    <div className={cn("space-y-5 transition-opacity", asked.isPlaceholderData && "opacity-70")}>
      <Card aria-label="Where the models agree">
        <CardHeader className="flex-wrap items-start pt-4">
          <div className="min-w-0">
            <CardTitle>Where the models agree, and where they don’t</CardTitle>
            <CardDescription className="mt-0.5">
              {plural(data.conversions, "order")} shared out {data.models.length - (data.calibration.applied ? 1 : 0)} ways. The further apart the marks, the more the answer depends on the question.
            </CardDescription>
          </div>
          <div className="ml-auto flex flex-wrap items-center gap-2">
            {groups}
            <Computed comparison={data} />
          </div>
        </CardHeader>
        <CardContent className="pt-1">
          <ModelStrips comparison={data} labelOf={(row) => nameOf(row, by)} />
          <Calibrated comparison={data} onChange={onChange} />
        </CardContent>
      </Card>
      <ModelsTable comparison={data} by={by} figure={search.figure ?? "orders"} sort={search.sort} onChange={onChange} />
      <Card aria-label="What follows what">
        <CardHeader className="flex-wrap items-start pt-4">
          <div className="min-w-0">
            <CardTitle>What follows what</CardTitle>
            <CardDescription className="mt-0.5">
              After a touch in the row, how often the next one is in the column. {percent(data.chain.p_conversion, { digits: 1 })} of{" "}
              {plural(data.conversions + data.journeys_without_order, "journey")} end in an order.
            </CardDescription>
          </div>
          <Select
            className="ml-auto"
            label="Touches the Markov chain remembers"
            prefix="Markov remembers"
            align="end"
            value={String(order)}
            onChange={(next) => onChange({ order: next === "1" ? undefined : Number(next) })}
            options={ORDERS.map((value) => ({ value: String(value), label: value === 1 ? "1 touch" : `${value} touches` }))}
          />
        </CardHeader>
        <CardContent className="pt-1">
          <FlowTable comparison={data} />
        </CardContent>
      </Card>
    </div>
  );
}

/** What tests add to the comparison, or would. */
function Calibrated({ comparison, onChange }: { comparison: Comparison; onChange: (patch: Record<string, unknown>) => void }) {
  const { tests, applied } = comparison.calibration;
  return (
    <p className="text-muted-foreground mt-3 border-t pt-3 text-xs text-pretty">
      {applied
        ? `Calibrated by ${plural(tests, "test")} that switched channels off: how many orders would not have been without each.`
        : tests > 0
          ? `${plural(tests, "test")} could calibrate this: group by channel, with the site’s own lookback and half-life.`
          : "No model knows what would have happened without a channel. A test that switches one off in some regions, or for a while, does: its result then stands here beside the models."}{" "}
      <button type="button" className="focus-ring text-link rounded-sm font-medium hover:underline" onClick={() => onChange({ tab: "tests", sort: undefined })}>
        {tests > 0 ? "See the tests" : "Plan a test"}
      </button>
    </p>
  );
}

export function nameOf(row: ComparedRow, by: Group): string {
  if (by === "campaign") return row.campaign ? row.campaign : `${row.source} (no campaign)`;
  return by === "source" ? row.source : row.channel;
}

/** How the figures are computed, with the sources: docs/science.md says the same at length. */
function Computed({ comparison }: { comparison: Comparison }) {
  return (
    <HowComputed>
      <p>
        Each model shares an order out to the touches of the {comparison.window_days} days before it. {plural(comparison.untouched, "order")} had none and{" "}
        {comparison.untouched === 1 ? "is" : "are"} nobody’s.
      </p>
      <dl className="space-y-2.5">
        {comparison.models.map((model) => (
          <div key={model.id}>
            <dt className="font-medium">{model.label}</dt>
            <dd className="text-muted-foreground">{model.description}</dd>
          </div>
        ))}
      </dl>
      <p>
        The Markov chain’s credit goes by removal effect, 1 − P(order without the channel) / P(order), solved exactly (Anderl and others, 2016). The Shapley
        value is that of the game in which channels earn the orders they need no other for (Shapley, 1953).
      </p>
      <p>
        An interval is the middle {percent(comparison.level, { digits: 0 })} of 200 resamples of the journeys. Disagreement is (highest − lowest) / mean. No
        model knows what would have happened without a channel; only an experiment does.
      </p>
      {comparison.calibration.applied ? (
        <p>
          Calibrated: each model’s credit is regressed on what {plural(comparison.calibration.tests, "test")} measured, and the models are mixed by how well each foretells the tests of the other
          channels (a normal hierarchical model, Rubin 1981; stacking, Yao and others 2018). “Credit is worth” is orders added by the mean of the models’ credit; the Markov chain is
          left out, because it can’t be cut to the regions of a test. A channel without a test follows the others, with a wide interval.
        </p>
      ) : null}
    </HowComputed>
  );
}

const helper = columnsOf<ComparedRow>();

function ModelsTable({
  comparison,
  by,
  figure,
  sort,
  onChange,
}: {
  comparison: Comparison;
  by: Group;
  figure: Figure;
  sort: string | undefined;
  onChange: (patch: Record<string, unknown>) => void;
}) {
  const { currency, models, rows } = comparison;
  const columns = useMemo<Column<ComparedRow>[]>(() => {
    const digits = creditDigits(rows.flatMap((row) => row.credits.map((credit) => credit.conversions)));
    // What tests say comes first: it is the only one that knows what would not have been.
    const ordered = models.map((model, at) => ({ model, at })).sort((a, b) => Number(b.model.id === "calibrated") - Number(a.model.id === "calibrated"));
    const whole = readsWhole([comparison.value], currency);
    const orders = (value: number) => count(value, { digits });
    const amount = (value: number | null | undefined) => money(value, currency, { whole });
    return [
      helper.accessor((row) => nameOf(row, by), {
        id: "name",
        header: GROUP_LABELS[by],
        cell: ({ row: { original } }) =>
          by === "channel" ? (
            <Channel name={original.channel} className="font-medium" />
          ) : (
            <span className="flex min-w-0 items-center gap-2">
              <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: channelColor(original.channel) }} />
              <span className="truncate font-medium">{nameOf(original, by)}</span>
            </span>
          ),
        sortFn: (a, b) => nameOf(a.original, by).localeCompare(nameOf(b.original, by)),
      }),
      helper.accessor((row) => row.disagreement, {
        id: "disagreement",
        header: "Disagreement",
        cell: ({ row: { original } }) => percent(original.disagreement, { digits: 0 }),
        sortFn: byNumber((row: ComparedRow) => row.disagreement),
      }),
      ...(comparison.calibration.applied
        ? [
            helper.accessor((row) => row.factor?.value, {
              id: "factor",
              header: "Credit is worth",
              cell: ({ row: { original } }) =>
                original.factor ? (
                  <span className="block leading-4">
                    <span className="block">{ratio(original.factor.value)}</span>
                    <span className="text-muted-foreground block text-2xs">
                      {ratio(original.factor.low)}–{ratio(original.factor.high)} · {original.factor.tests > 0 ? plural(original.factor.tests, "test") : "not tested"}
                    </span>
                  </span>
                ) : null,
              sortFn: byNumber((row: ComparedRow) => row.factor?.value),
            }),
          ]
        : []),
      ...ordered.map(({ model, at }) => {
        const read = (row: ComparedRow) => {
          const credit = row.credits[at];
          if (figure === "orders") return credit?.conversions ?? 0;
          return figure === "revenue" ? (credit?.value ?? 0) : row.spend > 0 ? (credit?.cpa ?? null) : null;
        };
        return helper.accessor((row) => read(row), {
          id: model.id,
          header: model.label,
          cell: ({ row: { original } }) => {
            const credit = original.credits[at];
            if (!credit) return null;
            if (figure === "cpa") return money(read(original), currency);
            const [main, low, high] =
              figure === "orders"
                ? [orders(credit.conversions), orders(credit.conversions_low), orders(credit.conversions_high)]
                : [amount(credit.value), amount(credit.value_low), amount(credit.value_high)];
            return (
              <span className="block leading-4">
                <span className="block">{main}</span>
                <span className="text-muted-foreground block text-2xs">
                  {low}–{high}
                </span>
              </span>
            );
          },
          sortFn: byNumber(read as never),
        });
      }),
      helper.accessor((row) => row.spend, {
        id: "spend",
        header: "Spend",
        cell: ({ row: { original } }) => money(original.spend, currency, { whole }),
        sortFn: byNumber((row: ComparedRow) => row.spend),
      }),
    ];
  }, [rows, models, currency, by, figure, comparison.value, comparison.calibration.applied]);
  const known = columns.some((column) => sort?.startsWith(`${column.id}.`));
  return (
    <Card aria-label="Models side by side" className="overflow-hidden">
      <CardHeader className="items-center pt-4">
        <div>
          <CardTitle>Side by side</CardTitle>
          <CardDescription className="mt-0.5">
            {figure === "cpa" ? "Spend for each order credited" : `With intervals of ${percent(comparison.level, { digits: 0 })}`}
          </CardDescription>
        </div>
        <Segmented
          label="Figure"
          className="ml-auto"
          value={figure}
          onChange={(next) => onChange({ figure: next === "orders" ? undefined : next })}
          segments={FIGURES.map((value) => ({ value, label: FIGURE_LABELS[value] }))}
        />
      </CardHeader>
      <DataTable
        label="Models side by side"
        rows={rows}
        columns={columns}
        sort={known && sort ? sort : SORT}
        onSort={(next) => onChange({ sort: next === SORT ? undefined : next })}
        rowKey={keyOf}
        align={{ name: "left" }}
      />
    </Card>
  );
}

export function ModelsSkeleton() {
  return (
    <div className="space-y-5">
      <Card role="status" aria-label="Loading" className="p-5">
        <Skeleton className="h-4 w-64" />
        <Skeleton className="mt-2 h-3.5 w-80 max-w-full" />
        <div className="mt-6 space-y-6">
          {[70, 62, 48, 40, 30].map((width) => (
            <div key={width} className="grid grid-cols-[9.5rem_1fr_4rem] items-center gap-3">
              <Skeleton className="h-3.5 w-24" />
              <Skeleton className="h-3" style={{ width: `${width}%` }} />
              <Skeleton className="ml-auto h-3.5 w-10" />
            </div>
          ))}
        </div>
      </Card>
      <Card>
        <TableSkeleton rows={6} columns={9} />
      </Card>
    </div>
  );
}
