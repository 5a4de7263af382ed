import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ArrowUpRight, Bot, ChevronRight, LoaderCircle, RotateCw, Square } from "lucide-react";

import { agentRunQuery, agentsQuery, cancelRun, type RunDetail, unfinished } from "@/api/agents";
import { Note } from "@/components/note";
import { RunReport } from "@/components/run-report";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Words } from "@/components/words";
import { KINDS } from "@/features/agents/proposal-card";
import { RunBadge } from "@/features/agents/run-badge";
import { StepLine } from "@/features/agents/step-line";
import { type Step, stepsOf } from "@/features/agents/steps";
import { useRunStream } from "@/hooks/use-run-stream";
import { useScope } from "@/hooks/use-scope";
import { inHouse, plural } from "@/lib/format";
import { allows } from "@/lib/roles";
import { tell } from "@/lib/told";

import { WaitingRow, WaitingRows } from "./waiting";

/** Steps in sight while a run goes on; the others are folded away. */
const IN_SIGHT = 4;

/** A run as it stands now: its steps while they come, then what it found and what waits for a person. */
export function RunCard({ id, agent, onAgain }: { id: string; agent: string; onAgain?: (() => void) | undefined }) {
  const { me } = useScope();
  const queryClient = useQueryClient();
  const agents = useQuery(agentsQuery);
  const query = useQuery(agentRunQuery(id));
  const active = query.isPending || unfinished(query.data);
  const streamed = useRunStream(id, active && !query.isError);
  const cancel = useMutation({
    mutationFn: () => cancelRun(id),
    onSuccess: () => Promise.all(["run", "runs"].map((key) => queryClient.invalidateQueries({ queryKey: [key] }))),
    onError: tell,
  });
  const run = query.data;
  const steps = stepsOf([...(run?.events ?? []), ...streamed]);
  // The stream knows that it began before the list does.
  const status = run?.status === "queued" && steps.length > 0 ? "running" : (run?.status ?? "queued");
  const title = agents.data?.rows.find((one) => one.name === agent)?.title ?? agent;
  return (
    <Card aria-label={`Run of the ${title.toLowerCase()}`} aria-busy={active} className="overflow-hidden">
      <header className="flex min-h-12 flex-wrap items-center gap-x-2.5 gap-y-1.5 border-b px-4 py-2.5 sm:px-5">
        <Bot aria-hidden className="text-link size-4 shrink-0" />
        <h3 className="min-w-0 text-sm font-semibold">{title}</h3>
        <RunBadge status={status} />
        <span className="ml-auto flex items-center gap-1.5">
          {active && run && allows(me, "run_agents") ? (
            <Button variant="outline" size="sm" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
              {cancel.isPending ? <LoaderCircle className="animate-spin" /> : <Square />} Cancel run
            </Button>
          ) : null}
          <Button asChild variant="ghost" size="sm">
            <Link to="/agents/runs/$id" params={{ id }}>
              Open <ArrowUpRight />
            </Link>
          </Button>
        </span>
      </header>
      {query.isError ? (
        <ErrorState error={query.error} onRetry={() => void query.refetch()} className="py-8" />
      ) : !run ? (
        <div role="status" aria-label="Loading" className="space-y-3 p-5">
          <Skeleton className="h-4 w-56" />
          <Skeleton className="h-4 w-72 max-w-full" />
        </div>
      ) : active ? (
        <Progress steps={steps} />
      ) : (
        <Outcome run={run} steps={steps} onAgain={onAgain} />
      )}
    </Card>
  );
}

function Progress({ steps }: { steps: Step[] }) {
  if (steps.length === 0) {
    return (
      <p role="status" className="text-muted-foreground flex items-center gap-2.5 px-4 py-4 text-[0.8125rem] sm:px-5">
        <LoaderCircle aria-hidden className="text-link size-4 animate-spin" /> Waiting to start
      </p>
    );
  }
  const earlier = steps.slice(0, -IN_SIGHT);
  return (
    <div className="space-y-3 px-4 py-4 sm:px-5">
      {earlier.length > 0 ? <p className="text-muted-foreground pl-6.5 text-xs">{plural(earlier.length, "step")} before</p> : null}
      <ol aria-label="Steps" className="space-y-3">
        {steps.slice(-IN_SIGHT).map((step) => (
          <StepLine key={step.number} step={step} working={step.open} />
        ))}
      </ol>
    </div>
  );
}

function Outcome({ run, steps, onAgain }: { run: RunDetail; steps: Step[]; onAgain: (() => void) | undefined }) {
  const again = onAgain ? (
    <Button variant="outline" size="sm" onClick={onAgain}>
      <RotateCw /> Try again
    </Button>
  ) : null;
  const open = run.proposals.filter((proposal) => proposal.status === "open" && proposal.kind !== "report");
  const requested = run.proposals.filter((proposal) => proposal.status === "accepted" && proposal.approval_id);
  return (
    <>
      {run.status === "failed" ? (
        <Note tone="destructive" title="The run failed" action={again} className="m-3">
          <Words text={run.detail || "No reason was kept."} />
        </Note>
      ) : run.status === "cancelled" ? (
        <Note title="The run was cancelled" action={again} className="m-3" />
      ) : run.output ? (
        <div className="px-4 py-4 sm:px-5">
          <RunReport output={run.output} />
        </div>
      ) : null}
      {open.length + requested.length > 0 ? (
        <WaitingRows>
          {open.map((proposal) => (
            <WaitingRow key={proposal.id} kind={KINDS[proposal.kind]?.label ?? proposal.kind} title={inHouse(proposal.title)} action="Review" to={{ run: run.id }} />
          ))}
          {requested.map((proposal) => (
            <WaitingRow key={proposal.id} kind="Approval" title={inHouse(proposal.title)} action="Open" to={{ approval: proposal.approval_id }} />
          ))}
        </WaitingRows>
      ) : null}
      {steps.length > 0 ? (
        <details className="group border-t">
          <summary className="focus-ring hover:bg-muted/60 flex min-h-11 cursor-pointer list-none items-center gap-2 px-4 py-2 text-[0.8125rem] font-medium -outline-offset-2 transition-colors sm:px-5 [&::-webkit-details-marker]:hidden">
            <ChevronRight aria-hidden className="text-muted-foreground size-4 transition-transform group-open:rotate-90" />
            What it did <span className="text-muted-foreground tabular text-xs font-normal">{plural(steps.length, "step")}</span>
          </summary>
          <ol className="space-y-3 px-4 pt-1 pb-4 sm:px-5">
            {steps.map((step) => (
              <StepLine key={step.number} step={step} working={false} />
            ))}
          </ol>
        </details>
      ) : null}
    </>
  );
}
