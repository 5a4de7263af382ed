import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, LoaderCircle, Play, SlidersHorizontal, Square } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { type Experiment, experimentQuery, startExperiment, stopExperiment, THRESHOLDS, type Variant } from "@/api/experiments";
import { CodeBlock } from "@/components/code-block";
import { Confirm } from "@/components/confirm";
import { Page } from "@/components/layout/page";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Words } from "@/components/words";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { count, dateTime, NONE, percent, plural } from "@/lib/format";
import { allows } from "@/lib/roles";
import { tell } from "@/lib/told";

import { ChangeLimits } from "./change-limits";
import { featureName } from "./context";
import { PlanPanel } from "./plan-panel";
import { ReadoutCards } from "./readout";
import { decideSnippet, rewardSnippet } from "./snippet";
import { ExperimentBadge } from "./status-badge";

export function ExperimentPage() {
  const { id } = useParams({ from: "/app/experiments/$id" });
  const { me, site } = useScope();
  const queryClient = useQueryClient();
  const query = useQuery(experimentQuery(id));
  const [stopping, setStopping] = useState(false);
  const [changing, setChanging] = useState(false);
  const refresh = () => Promise.all(["experiment", "experiments"].map((key) => queryClient.invalidateQueries({ queryKey: [key] })));
  const start = useMutation({
    mutationFn: () => startExperiment(id),
    onSuccess: async () => {
      toast.success("Started", { description: "Pages that ask are told a variant from now on." });
      await refresh();
    },
    onError: tell,
  });
  const stop = useMutation({
    mutationFn: () => stopExperiment(id),
    onSuccess: async () => {
      setStopping(false);
      toast.success("Stopped");
      await refresh();
    },
    onError: tell,
  });
  const experiment = query.data;
  const editor = allows(me, "edit_experiments");
  return (
    <Page
      title={experiment?.name ?? "Experiment"}
      description={
        <Link to="/experiments" className="focus-ring hover:text-foreground inline-flex items-center gap-1.5 rounded-sm text-[0.8125rem]">
          <ArrowLeft aria-hidden className="size-3.5" /> All experiments
        </Link>
      }
      actions={
        experiment ? (
          <>
            <ExperimentBadge status={experiment.status} />
            {editor && experiment.status === "draft" ? (
              <Button disabled={start.isPending} onClick={() => start.mutate()}>
                {start.isPending ? <LoaderCircle className="animate-spin" /> : <Play />} Start
              </Button>
            ) : editor && (experiment.status === "running" || experiment.status === "decided") ? (
              <Button variant="outline" onClick={() => setStopping(true)}>
                <Square /> Stop
              </Button>
            ) : null}
          </>
        ) : null
      }
    >
      {query.isError ? (
        <Card>
          <ErrorState error={query.error} onRetry={() => void query.refetch()} />
        </Card>
      ) : !experiment ? (
        <Skeleton role="status" aria-label="Loading" className="h-96 w-full rounded-xl" />
      ) : (
        <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <div className="min-w-0 space-y-5">
          <Card aria-label="Variants" className="min-w-0 overflow-hidden">
            <CardHeader className="border-b">
              <CardTitle>Variants</CardTitle>
            </CardHeader>
            <ul className="divide-y">
              {experiment.variants.map((variant) => (
                <VariantRow key={variant.key} variant={variant} metric={experiment.metric} />
              ))}
            </ul>
          </Card>
          {experiment.started_at ? (
            <ReadoutCards experiment={experiment} />
          ) : (
            <Card aria-label="How long it takes" className="min-w-0">
              <CardHeader className="pt-4">
                <CardTitle>How long it takes</CardTitle>
              </CardHeader>
              <CardContent className="pt-1">
                <PlanPanel site={experiment.site} event={experiment.metric} variants={experiment.variants.length} />
              </CardContent>
            </Card>
          )}
          </div>
          <div className="min-w-0 space-y-5">
            <Facts experiment={experiment} zone={site.time_zone} onChange={editor && (experiment.status === "draft" || experiment.status === "running") ? () => setChanging(true) : undefined} />
          </div>
          <Card aria-label="In your page" className="min-w-0 lg:col-span-2">
            <CardHeader>
              <CardTitle>In your {experiment.surface === "email" ? "letter's sender" : "page"}</CardTitle>
            </CardHeader>
            <CardContent>
              <CodeBlock label="Which variant to show" code={decideSnippet(me.sites.find((one) => one.key === experiment.site) ?? site, experiment)} />
              <p className="text-muted-foreground mt-4 mb-2 text-xs text-pretty">
                What the visitor does then carries the proof of what they were shown, so that it counts for that variant whatever they are shown later. Add one line to the event you send already:
              </p>
              <CodeBlock label={`Where ${experiment.metric} is sent`} code={rewardSnippet(experiment)} />
            </CardContent>
          </Card>
        </div>
      )}
      {changing && experiment ? <ChangeLimits experiment={experiment} onClose={() => setChanging(false)} /> : null}
      <Confirm
        open={stopping}
        onOpenChange={setStopping}
        title="Stop the experiment?"
        description="Visitors see what they always saw from then on. It cannot be started again."
        action="Stop"
        destructive
        pending={stop.isPending}
        onConfirm={() => stop.mutate()}
      />
    </Page>
  );
}

function VariantRow({ variant, metric }: { variant: Variant; metric: string }) {
  const best = variant.probability_best;
  return (
    <li className="px-4 py-3.5 sm:px-5">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="min-w-0 text-[0.8125rem] font-medium break-words">{variant.name}</span>
        <code className="text-muted-foreground font-mono text-2xs">{variant.key}</code>
        {variant.status === "winner" ? <Badge variant="positive">Winner</Badge> : variant.status === "paused" ? <Badge variant="outline">Paused</Badge> : null}
        <span className="tabular ml-auto text-[0.8125rem] font-medium">{percent(variant.rate)}</span>
      </div>
      <p className="text-muted-foreground tabular text-xs">
        {count(variant.rewards)} × {metric} by {count(variant.exposures)} visitors
      </p>
      <div className="mt-2 flex items-center gap-3">
        <div
          role="img"
          aria-label={best == null ? "Not judged yet" : `${percent(best, { digits: 0 })} likely the best`}
          className="bg-muted h-2.5 flex-1 overflow-hidden rounded-full"
        >
          <div className={cn("h-full rounded-full transition-[width] duration-500", variant.status === "winner" ? "bg-positive" : variant.status === "paused" ? "bg-muted-foreground" : "bg-primary")} style={{ width: `${100 * (best ?? 0)}%` }} />
        </div>
        <span className="tabular text-muted-foreground w-32 shrink-0 text-right text-xs">{best == null ? "not judged yet" : `${percent(best, { digits: 0 })} likely the best`}</span>
      </div>
      {variant.detail ? (
        <p className="text-muted-foreground mt-1.5 text-xs text-pretty">
          <Words text={variant.detail} />
        </p>
      ) : null}
    </li>
  );
}

function Facts({ experiment, zone, onChange }: { experiment: Experiment; zone: string; onChange: (() => void) | undefined }) {
  const { thresholds } = experiment;
  const at = (t: number | null | undefined) => (t ? dateTime(t, zone) : NONE);
  const facts: [string, string][] = [
    ["Counts", experiment.metric],
    ["Looks at", experiment.context.length ? experiment.context.map(featureName).join(", ") : "the variants alone"],
    ["Started", at(experiment.started_at)],
    ...(experiment.ended_at ? [["Ended", at(experiment.ended_at)] as [string, string]] : []),
    ["Decides after", `${count(thresholds.min_exposures)} visitors each`],
    ["Waits for late conversions", thresholds.window_days === 0 ? "no" : plural(thresholds.window_days ?? THRESHOLDS.window_days, "day")],
    ["Each keeps at least", thresholds.floor ? `${percent(thresholds.floor, { digits: 1 })} of visitors` : "nothing"],
    ["Pauses below", `${percent(thresholds.pause_below, { digits: 0 })} likely the best`],
    ["Wins from", `${percent(thresholds.promote_from, { digits: 0 })} likely the best`],
  ];
  return (
    <Card aria-label="About this experiment" className="px-4 py-3.5 sm:px-5">
      {experiment.hypothesis ? <p className="mb-3 border-b pb-3 text-[0.8125rem] text-pretty whitespace-pre-line">{experiment.hypothesis}</p> : null}
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-[0.8125rem]">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted-foreground">{name}</dt>
            <dd className="tabular min-w-0 text-right break-words">{value}</dd>
          </div>
        ))}
      </dl>
      {onChange ? (
        <Button variant="outline" size="sm" className="mt-3.5" onClick={onChange}>
          <SlidersHorizontal /> Change when it is decided
        </Button>
      ) : null}
    </Card>
  );
}
