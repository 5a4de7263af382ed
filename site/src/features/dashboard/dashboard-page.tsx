import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Code } from "lucide-react";
import { lazy, Suspense } from "react";

import { channelsQuery, summaryQuery } from "@/api/queries";
import { Page } from "@/components/layout/page";
import { NothingYet } from "@/components/states/empty";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { channelColor } from "@/lib/channels";
import { rangeText } from "@/lib/dates";

import { ChannelTable } from "./channel-table";
import { firstStepsOver } from "./first-steps-kept";
import { KpiTiles } from "./kpi-tiles";
import { MainChart } from "./main-chart";
import { WeekSummary } from "./week-summary";

const ALL = "all channels";
const FirstSteps = lazy(() => import("./first-steps").then((module) => ({ default: module.FirstSteps })));

export function DashboardPage() {
  const search = useSearch({ from: "/app/" });
  const patch = usePatchSearch();
  const scope = useScope();
  const metric = search.metric ?? "revenue";
  const summary = useQuery(summaryQuery(scope.query, scope.compare, search.channel));
  const channels = useQuery(channelsQuery(scope.query, { model: search.model, by: "channel" }));
  const names = [...new Set([...(channels.data?.rows.map((row) => row.channel) ?? []), ...(search.channel ? [search.channel] : [])])].sort();
  const nothing =
    summary.data !== undefined &&
    channels.data?.rows.length === 0 &&
    Object.values(summary.data.metrics).every((value) => !value) &&
    Object.values(summary.data.previous ?? {}).every((value) => !value);

  return (
    <Page
      title="Dashboard"
      description={<span className="tabular">{rangeText(scope.range)}{scope.compare === "previous" ? ", compared with the period before" : ""}</span>}
      actions={
        names.length > 0 ? (
          <Select
            label="Channel filter"
            align="end"
            value={search.channel ?? ALL}
            onChange={(next) => patch({ channel: next === ALL ? undefined : next })}
            options={[
              { value: ALL, label: "All channels" },
              ...names.map((name) => ({
                value: name,
                label: name,
                icon: <span aria-hidden className="mt-1.5 size-2 shrink-0 rounded-full" style={{ background: channelColor(name) }} />,
              })),
            ]}
          />
        ) : null
      }
    >
      {firstStepsOver(scope.site.key) ? null : (
        <Suspense fallback={null}>
          <FirstSteps key={scope.site.key} />
        </Suspense>
      )}
      {nothing && !search.channel ? (
        <Card>
          <NothingYet
            icon={Code}
            title="No visits yet"
            className="py-24"
            action={
              <Button asChild variant="outline">
                <Link to="/install">Install the pixel</Link>
              </Button>
            }
          >
            Put one line into your pages and the first visit appears here within seconds: sessions, orders, revenue, and the channels they came
            through.
          </NothingYet>
        </Card>
      ) : (
        <>
          <KpiTiles channel={search.channel} metric={metric} onMetric={(next) => patch({ metric: next === "revenue" ? undefined : next })} />
          <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_23rem]">
            <MainChart metric={metric} gran={search.gran} by={search.by} channel={search.channel} onChange={patch} />
            <WeekSummary />
          </div>
          <ChannelTable model={search.model} sort={search.sort} channel={search.channel} onChange={patch} />
        </>
      )}
    </Page>
  );
}
