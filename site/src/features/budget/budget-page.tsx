import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ListPlus, LoaderCircle, PiggyBank, RotateCw } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { computeMix, type Mix, mixQuery, type MixQuestion } from "@/api/planning";
import { describe } from "@/api/problem";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { ProgressBar } from "@/components/progress-bar";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { useScope } from "@/hooks/use-scope";
import { dateTime, percent } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";
import { refusal, sentence } from "@/lib/sentence";

import { Brought } from "./brought";
import { Curves } from "./curves";
import { Divider } from "./divider";
import { FitOverTime } from "./fit-over-time";
import { How } from "./how";
import { type Known, KnownCard, KnownDialog } from "./known";
import { Plans } from "./plans";

/** What each channel's money brought, and how next week's is best divided. */
export function BudgetPage() {
  const { site, me } = useScope();
  const queryClient = useQueryClient();
  const query = mixQuery(site.key);
  const mix = useQuery(query);
  const [outcome, setOutcome] = useState<Mix["outcome"] | null>(null);
  const wanted = outcome ?? mix.data?.answer?.outcome ?? "revenue";
  const question = mix.data?.question ?? null;
  // What was told last is told again. A test measured money or orders: of the other outcome it says nothing.
  const [told, setTold] = useState<Known | null>(null);
  const [telling, setTelling] = useState(false);
  const before: Known = { promotions: question?.promotions ?? [], experiments: (question?.outcome ?? "revenue") === wanted ? (question?.experiments ?? []) : [] };
  const known = told ?? before;
  const compute = useMutation({
    mutationFn: () => computeMix(site.key, { ...question, ...known, outcome: wanted }),
    onSuccess: () => {
      setTold(null);
      return queryClient.invalidateQueries({ queryKey: query.queryKey });
    },
    onError: (error) => toast.error(describe(error).title, { description: refusal(error) }),
  });
  const runner = allows(me, "run_agents");
  const study = mix.data?.study ?? null;
  const answer = mix.data?.answer ?? null;
  const running = study?.status === "running";
  const start = (label: string, icon: React.ReactNode, variant: "outline" | "default" = "outline") => (
    <Button variant={variant} disabled={compute.isPending || running} onClick={() => compute.mutate()}>
      {compute.isPending ? <LoaderCircle className="animate-spin" /> : icon} {label}
    </Button>
  );
  const which = (
    <Segmented
      label="What counts"
      value={wanted}
      onChange={(next) => {
        setOutcome(next);
        setTold(told && { ...told, experiments: [] });
      }}
      segments={[
        { value: "revenue", label: "Revenue" },
        { value: "orders", label: "Orders" },
      ]}
    />
  );
  const tell = (
    <Button variant="outline" className="text-[0.8125rem]" onClick={() => setTelling(true)}>
      <ListPlus /> What else is known
    </Button>
  );
  return (
    <Page
      title="Budget"
      description="What each channel’s money brought, learnt from the ups and downs of past weeks, and how the next week’s is best divided."
      actions={
        answer ? (
          <>
            <How mix={answer} />
            {runner ? (
              <>
                {which}
                {tell}
                {start("Compute again", <RotateCw />)}
              </>
            ) : null}
          </>
        ) : null
      }
    >
      {mix.isError ? (
        <Card>
          <ErrorState error={mix.error} onRetry={() => void mix.refetch()} />
        </Card>
      ) : mix.isPending ? (
        <Loading />
      ) : (
        <>
          {running ? <Progress progress={study.progress} detail={study.detail} /> : null}
          {study?.status === "failed" ? (
            <Note
              alert
              tone="destructive"
              title="The last computation failed"
              action={runner ? start("Try again", <RotateCw />) : null}
            >
              {sentence(study.detail)}
            </Note>
          ) : null}
          {answer && mix.data.computed_at != null ? (
            <Done key={mix.data.computed_at} mix={answer} question={question} site={site.key} computedAt={mix.data.computed_at} zone={site.time_zone} />
          ) : running ? (
            <Loading />
          ) : (
            <Card>
              <NothingYet
                icon={PiggyBank}
                title="No media mix yet"
                className="py-20"
                action={
                  <div className="flex flex-wrap items-center justify-center gap-2">
                    {runner ? (
                      <>
                        {which}
                        {tell}
                        {start("Compute the media mix", <PiggyBank />, "default")}
                      </>
                    ) : null}
                    <Button asChild variant="outline">
                      <Link to="/imports">Import ad spend</Link>
                    </Button>
                    <Button asChild variant="outline">
                      <Link to="/channels">Connect an account</Link>
                    </Button>
                  </div>
                }
              >
                It needs at least 26 weeks of orders and ad spend, and spend that was higher in some weeks than in others.
                {runner ? "" : ` Then ${whoMay("run_agents")} can compute it.`}
              </NothingYet>
              {compute.isError ? (
                <Note alert tone="warning" title="Not enough to learn from yet" className="mx-4 mb-4 sm:mx-5">
                  {refusal(compute.error)}
                </Note>
              ) : null}
            </Card>
          )}
        </>
      )}
      <KnownDialog
        open={telling}
        onOpenChange={setTelling}
        known={known}
        onChange={setTold}
        outcome={wanted}
        currency={answer?.currency ?? site.currency}
        channels={answer?.channels.map((channel) => channel.name) ?? []}
      />
    </Page>
  );
}

function Done({ mix, question, site, computedAt, zone }: { mix: Mix; question: MixQuestion | null; site: string; computedAt: number; zone: string }) {
  // What the divider found last, so that the curves can mark it.
  const [recommended, setRecommended] = useState(mix.budget);
  return (
    <>
      {mix.quality.warnings.length ? (
        <Note tone="warning" title="Before you rely on it">
          <ul className="list-disc pl-4">
            {mix.quality.warnings.map((warning) => (
              <li key={warning}>{sentence(warning)}</li>
            ))}
          </ul>
        </Note>
      ) : null}
      <Divider mix={mix} site={site} computedAt={computedAt} onFound={setRecommended} />
      <Plans mix={mix} site={site} computedAt={computedAt} />
      <Brought mix={mix} />
      <Curves mix={mix} budget={recommended} />
      <FitOverTime mix={mix} />
      <KnownCard mix={mix} question={question} />
      <p className="text-muted-foreground text-xs">
        Computed {dateTime(computedAt, zone)} from {mix.quality.weeks} weeks, {mix.from} to {mix.to}. Intervals hold {percent(mix.level, { digits: 0 })}.
      </p>
    </>
  );
}

function Progress({ progress, detail }: { progress: number; detail: string }) {
  return (
    <Card role="status" aria-label="Computing" className="flex flex-wrap items-center gap-x-4 gap-y-2 px-4 py-3 sm:px-5">
      <span className="flex items-center gap-2 text-[0.8125rem] font-medium">
        <LoaderCircle aria-hidden className="text-link size-4 animate-spin" /> Computing
      </span>
      <ProgressBar label="How much is computed" done={progress} className="min-w-32 flex-1" />
      <span className="text-muted-foreground text-xs first-letter:uppercase">{detail || "reading the weeks"}</span>
    </Card>
  );
}

function Loading() {
  return (
    <div className="space-y-5" role="status" aria-label="Loading">
      <Card className="p-5">
        <Skeleton className="h-4 w-56" />
        <Skeleton className="mt-5 h-3 w-full" />
        <div className="mt-6 space-y-4">
          {[80, 60, 45].map((width) => (
            <Skeleton key={width} className="h-4" style={{ width: `${width}%` }} />
          ))}
        </div>
      </Card>
      <Card className="p-5">
        <Skeleton className="h-4 w-64" />
        <Skeleton className="mt-6 h-40 w-full" />
      </Card>
    </div>
  );
}
