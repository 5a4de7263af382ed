import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, LoaderCircle, Square } from "lucide-react";

import { agentRunQuery, agentsQuery, cancelRun, type RunDetail, unfinished } from "@/api/agents";
import { campaignQuery } from "@/api/campaigns";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { RunReport } from "@/components/run-report";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Words } from "@/components/words";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { useRunStream } from "@/hooks/use-run-stream";
import { useScope } from "@/hooks/use-scope";
import { ago, count, dateTime, duration, NONE } from "@/lib/format";
import { allows } from "@/lib/roles";
import { tell } from "@/lib/told";

import { ProposalCard } from "./proposal-card";
import { RunBadge } from "./run-badge";
import { StepLine } from "./step-line";
import { cost, type Step, stepsOf } from "./steps";

export function RunPage() {
  const { id } = useParams({ from: "/app/agents/runs/$id" });
  const { me } = useScope();
  const queryClient = useQueryClient();
  const agents = useQuery(agentsQuery);
  const query = useQuery(agentRunQuery(id));
  const active = unfinished(query.data);
  const streamed = useRunStream(id, active);
  const cancel = useMutation({
    mutationFn: () => cancelRun(id),
    onSuccess: () => Promise.all(["run", "runs"].map((key) => queryClient.invalidateQueries({ queryKey: [key] }))),
    onError: tell,
  });
  // The stream knows that it began before the list does.
  const run = query.data && query.data.status === "queued" && streamed.length > 0 ? { ...query.data, status: "running" } : query.data;
  const title = agents.data?.rows.find((agent) => agent.name === run?.agent)?.title ?? run?.agent ?? "Run";
  return (
    <Page
      title={title}
      description={
        <Link to="/agents" className="focus-ring hover:text-foreground inline-flex items-center gap-1.5 rounded-sm text-[0.8125rem]">
          <ArrowLeft aria-hidden className="size-3.5" /> All agents
        </Link>
      }
      actions={
        run ? (
          <>
            <RunBadge status={run.status} />
            {active && allows(me, "run_agents") ? (
              <Button variant="outline" size="sm" disabled={cancel.isPending} onClick={() => cancel.mutate()}>
                {cancel.isPending ? <LoaderCircle className="animate-spin" /> : <Square />} Cancel
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
      ) : !run ? (
        <div role="status" aria-label="Loading" className="grid gap-5 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <Skeleton className="h-72 w-full rounded-xl" />
          <Skeleton className="h-96 w-full rounded-xl" />
        </div>
      ) : (
        <div className="grid items-start gap-5 lg:grid-cols-[minmax(0,1fr)_24rem]">
          <div className="min-w-0 space-y-5">
            <Outcome run={run} active={active} />
            {run.proposals.map((proposal) => (
              <ProposalCard key={proposal.id} proposal={proposal} />
            ))}
          </div>
          <div className="min-w-0 space-y-5">
            <Facts run={run} active={active} />
            <Steps steps={stepsOf([...run.events, ...streamed])} active={active} />
          </div>
        </div>
      )}
    </Page>
  );
}

/** What came of it; the proposal says the same of most agents, so the words stand only once. */
function Outcome({ run, active }: { run: RunDetail; active: boolean }) {
  const { me } = useScope();
  const who = useNames();
  if (active) {
    return (
      <Card aria-label="Under way" className="p-5">
        <p role="status" className="flex items-center gap-2.5 text-sm font-medium">
          <LoaderCircle aria-hidden className="text-link size-4 animate-spin" />
          {run.status === "queued" ? "Waiting to start" : "At work"}
        </p>
        <p className="text-muted-foreground mt-1 text-[0.8125rem] text-pretty">What it does appears beside as it happens. You can leave this page; the run goes on.</p>
      </Card>
    );
  }
  if (run.status === "failed") {
    return (
      <Note
        tone="destructive"
        alert
        title="The run failed"
        action={
          allows(me, "manage_dead_letters") ? (
            <Button asChild variant="outline" size="sm">
              <Link to="/dead-letters">Dead letters</Link>
            </Button>
          ) : null
        }
      >
        <Words text={run.detail || "No reason was kept."} />
      </Note>
    );
  }
  if (run.status === "cancelled") return <Note title="The run was cancelled">{run.detail.startsWith("cancelled") || !run.detail ? run.detail : `By ${who(run.detail)}`}</Note>;
  const output = run.output;
  if (!output) return null;
  // These proposals say of each row what the findings would say again.
  const repeated = run.proposals.some((proposal) => proposal.title === output.title && (["rotation", "budgets", "flags"].includes(proposal.kind) || (proposal.kind !== "report" && output.findings.length === 0)));
  if (repeated) return null;
  return (
    <Card aria-label="Result">
      <CardContent className="pt-4 sm:pt-5">
        <RunReport output={output} />
        {output.figures.length ? (
          <details className="mt-2 border-t pt-3">
            <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-xs font-medium">Where the {output.figures.length} figures come from</summary>
            <ul className="mt-2 space-y-1">
              {output.figures.map((figure, index) => (
                <li key={index} className="text-xs">
                  <span className="font-medium">{figure.metric}</span> <code className="text-muted-foreground font-mono text-2xs break-all">{figure.query}</code>
                </li>
              ))}
            </ul>
          </details>
        ) : null}
      </CardContent>
    </Card>
  );
}

function Facts({ run, active }: { run: RunDetail; active: boolean }) {
  const { site } = useScope();
  const now = useNow();
  const who = useNames();
  const campaign = useQuery({ ...campaignQuery(run.campaign_id), enabled: run.campaign_id !== "" });
  const facts: [string, React.ReactNode][] = [
    ["Asked by", <span key="by">{who(run.requested_by)}, <time title={dateTime(run.created_at, site.time_zone)}>{ago(run.created_at, now)}</time></span>],
    ...(run.campaign_id
      ? [["Campaign", <Link key="campaign" to="/campaigns/$id" params={{ id: run.campaign_id }} className="focus-ring text-link rounded-sm hover:underline">{campaign.data?.data.name ?? "Open"}</Link>] as [string, React.ReactNode]]
      : []),
    ["Took", run.started_at && run.ended_at ? duration(run.ended_at - run.started_at) : NONE],
    ["Model", run.model || (active ? NONE : "none asked")],
    ["Tokens", run.tokens_in + run.tokens_out > 0 ? `${count(run.tokens_in)} read, ${count(run.tokens_out)} written` : active ? NONE : "none paid for"],
    ["Cost", cost(run.cost_micros) || (active ? NONE : "nothing")],
  ];
  return (
    <Card aria-label="About this run" className="px-4 py-3.5 sm:px-5">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 text-[0.8125rem]">
        {facts.map(([name, value]) => (
          <div key={name} className="contents">
            <dt className="text-muted-foreground">{name}</dt>
            <dd className="tabular min-w-0 text-right break-words">{value}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Steps({ steps, active }: { steps: Step[]; active: boolean }) {
  return (
    <Card aria-label="Steps" className="overflow-hidden">
      <CardHeader className="border-b">
        <CardTitle>What it did</CardTitle>
      </CardHeader>
      {steps.length === 0 ? (
        <p className="text-muted-foreground px-4 py-4 text-[0.8125rem] sm:px-5">{active ? "Nothing yet." : "Nothing was kept."}</p>
      ) : (
        <ol aria-live={active ? "polite" : "off"} className="space-y-3 px-4 py-4 sm:px-5">
          {steps.map((step) => (
            <StepLine key={step.number} step={step} working={active && step.open} />
          ))}
        </ol>
      )}
    </Card>
  );
}
