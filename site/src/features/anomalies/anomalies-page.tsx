import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { CircleCheck, LoaderCircle, RotateCw, ScanSearch } from "lucide-react";
import { toast } from "sonner";

import { describe } from "@/api/problem";
import { anomaliesQuery, checkAnomalies } from "@/api/queries";
import type { AnomalyLook } from "@/api/types";
import { HowComputed } from "@/components/how-computed";
import { Page } from "@/components/layout/page";
import { LoadMore } from "@/components/load-more";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { useMetrics } from "@/hooks/use-metrics";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { ago, count, percent, plural } from "@/lib/format";
import { allows } from "@/lib/roles";

import { Finding } from "./finding";

const STATUSES = [
  { value: "open" as const, label: "Open" },
  { value: "dismissed" as const, label: "Dismissed" },
];
/** Measured on simulated shops in which nothing happened; docs/science.md. */
const FALSE_ALARMS = { alarms: 51, days: 42_120 };

/** Days on which a figure was not as usual, newest first. */
export function AnomaliesPage() {
  const { site, me } = useScope();
  const search = useSearch({ from: "/app/anomalies" });
  const patch = usePatchSearch();
  const queryClient = useQueryClient();
  const status = search.status ?? "open";
  const list = useInfiniteQuery(anomaliesQuery(site.key, status));
  const rows = list.data?.pages.flatMap((page) => page.rows) ?? [];
  const look = list.data?.pages[0]?.look ?? null;
  const may = allows(me, "run_agents");
  const check = useMutation({
    mutationFn: () => checkAnomalies(site.key),
    onSuccess: async (found) => {
      await queryClient.invalidateQueries({ queryKey: ["insights/anomalies"] });
      toast.success("Looked", { description: `${plural(found.values, "value")} of the last ${plural(found.window_days, "day")} against what was usual before.` });
    },
    onError: (error) => {
      const { title, detail } = describe(error);
      toast.error(title, { description: detail });
    },
  });
  const again = (label: string, variant: "outline" | "default") =>
    may ? (
      <Button variant={variant} disabled={check.isPending} onClick={() => check.mutate()}>
        {check.isPending ? <LoaderCircle className="animate-spin" /> : <RotateCw />} {label}
      </Button>
    ) : null;
  return (
    <Page
      title="Anomalies"
      description="Days on which a figure was not as usual: how far off, since when, and what moved it. Looked for every night."
      actions={
        <>
          <Segmented label="Status" value={status} onChange={(next) => patch({ status: next === "open" ? undefined : next })} segments={STATUSES} />
          {look ? again("Look again", "outline") : null}
        </>
      }
    >
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="text-muted-foreground min-w-0 text-[0.8125rem] text-pretty">{look ? <Looked look={look} /> : list.isPending ? <Skeleton className="inline-block h-4 w-72 max-w-full" /> : null}</p>
        <Computed look={look} />
      </div>
      {list.isError ? (
        <Card>
          <ErrorState error={list.error} onRetry={() => void list.refetch()} />
        </Card>
      ) : list.isPending ? (
        <Loading />
      ) : rows.length > 0 ? (
        <>
          <ul aria-label="Anomalies" className="space-y-4">
            {rows.map((row) => (
              <li key={row.id}>
                <Finding row={row} may={may} />
              </li>
            ))}
          </ul>
          {list.hasNextPage ? <LoadMore has loading={list.isFetchingNextPage} onMore={() => void list.fetchNextPage()} shown={rows.length} what="anomalies" /> : null}
        </>
      ) : (
        <Card>
          {status === "dismissed" ? (
            <NothingYet icon={CircleCheck} title="Nothing was dismissed yet">
              What you put aside from the open list is kept here, and is not raised again.
            </NothingYet>
          ) : !look ? (
            <NothingYet icon={ScanSearch} title="Nobody has looked yet" action={again("Look now", "default")}>
              Every night the days that are over are held against what was usual before. Look now, or wait for tonight.
            </NothingYet>
          ) : look.values === 0 ? (
            <NothingYet
              icon={ScanSearch}
              title="Too young to know what is usual"
              action={
                <Button asChild variant="outline">
                  <Link to="/install">Install the pixel</Link>
                </Button>
              }
            >
              What is usual is learnt from four weeks of days. From then on every unusual one stands here.
            </NothingYet>
          ) : (
            <NothingYet icon={CircleCheck} title={`Nothing unusual in the last ${plural(look.window_days, "day")}`}>
              {`${plural(look.values, "value")} of ${plural(watched(look), "figure")} were looked at. In shops where nothing happened, ${count(FALSE_ALARMS.alarms)} of ${count(FALSE_ALARMS.days)} values were raised all the same: ${percent(FALSE_ALARMS.alarms / FALSE_ALARMS.days)}.`}
            </NothingYet>
          )}
        </Card>
      )}
      {look && status === "open" ? <Watched look={look} /> : null}
    </Page>
  );
}

const watched = (look: AnomalyLook) => look.metrics.filter(({ reason }) => reason == null).length;

function Looked({ look }: { look: AnomalyLook }) {
  const now = useNow();
  return (
    <>
      Looked {ago(look.looked_at, now)} at {plural(look.values, "value")} of {plural(watched(look), "figure")}, the last {plural(look.window_days, "day")}.
      {look.over_budget > 0 ? ` ${plural(look.over_budget, "more unusual day")} not raised: their figure had been raised twice in a fortnight already.` : ""}
    </>
  );
}

/** Which figures are watched, and why others are not. */
function Watched({ look }: { look: AnomalyLook }) {
  const { get } = useMetrics();
  const not = look.metrics.filter(({ reason }) => reason != null);
  return (
    <details className="group text-[0.8125rem]">
      <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm font-medium">What is watched</summary>
      <div className="mt-2 max-w-2xl space-y-1.5">
        <p>
          {look.metrics.length > not.length
            ? look.metrics
                .filter(({ reason }) => reason == null)
                .map(({ metric }) => get(metric).label)
                .join(", ")
            : "Nothing yet."}
        </p>
        {not.length > 0 ? (
          <ul className="text-muted-foreground space-y-0.5">
            {not.map(({ metric, reason }) => (
              <li key={metric}>
                {get(metric).label} is not watched: {reason}.
              </li>
            ))}
          </ul>
        ) : null}
      </div>
    </details>
  );
}

/** How it is computed, with the sources: docs/science.md says the same at length. */
function Computed({ look }: { look: AnomalyLook | null }) {
  return (
    <HowComputed>
      <p>
        What is usual is a level and a weekly rhythm that follow each day a little (Holt, 1957; Winters, 1960), with single days cut so that none carries it away
        (Gelper, Fried & Croux, 2010). A day is judged by nothing but those before it.
      </p>
      <p>
        A day is unusual when it lies more than four robust standard deviations away: 1.4826 · the median distance of the last 182 days, those above and those below
        apart. Shares are compared by difference, all else by ratio. Of days in a row on one side only the first is raised, at most two a fortnight for each figure.
      </p>
      <p>
        A change of level is found by PELT (Killick, Fearnhead & Eckley, 2012) on the series without its week. What moved it: each segment against the mean of the
        same weekday in the four weeks before, the most surprising first; a rate’s change is split into the segment’s own rate and its weight, exactly.
      </p>
      <p>
        In 60 simulated shops in which nothing happened {count(FALSE_ALARMS.alarms)} of {count(FALSE_ALARMS.days)} days were raised (
        {percent(FALSE_ALARMS.alarms / FALSE_ALARMS.days)}).
        {look && look.values_ever > 0
          ? ` Over this shop’s whole history ${count(look.unusual_ever)} of ${plural(look.values_ever, "value")} were unusual, with reason or without (${percent(look.unusual_ever / look.values_ever)}).`
          : ""}
      </p>
      <p className="text-muted-foreground">It says where a figure moved, not why.</p>
    </HowComputed>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading" className="space-y-4">
      {[0, 1].map((key) => (
        <Card key={key} className="space-y-4 p-5">
          <Skeleton className="h-4 w-56" />
          <Skeleton className="h-3.5 w-80 max-w-full" />
          <Skeleton className="h-36 w-full" />
        </Card>
      ))}
    </div>
  );
}
