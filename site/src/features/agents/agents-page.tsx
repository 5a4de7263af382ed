import { useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { Bot, ChevronRight, Play } from "lucide-react";
import { useState } from "react";

import { type Agent, agentRunsQuery, agentsQuery, MOST_RUNS, type Proposal, proposalsQuery, type Run } from "@/api/agents";
import { campaignsQuery } from "@/api/campaigns";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { NoResults, NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { Words } from "@/components/words";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { ago, dateTime, duration, inHouse, plural } from "@/lib/format";

import { KINDS } from "./proposal-card";
import { RUN_STATUSES, RunBadge } from "./run-badge";
import { RunDialog } from "./run-dialog";
import { cost } from "./steps";

const ALL = "all";

export function AgentsPage() {
  const { me } = useScope();
  const search = useSearch({ from: "/app/agents" });
  const agents = useQuery(agentsQuery);
  const open = useQuery(proposalsQuery("open"));
  const [chosen, setChosen] = useState<Agent | null>(null);
  const waiting = open.data?.rows ?? [];
  return (
    <Page title="Agents" description="They read figures and plans and propose. You decide, or the limits you set do.">
      {open.isError ? (
        <Card>
          <ErrorState error={open.error} onRetry={() => void open.refetch()} />
        </Card>
      ) : waiting.length ? (
        <Card aria-label="Open proposals" className="overflow-hidden">
          <CardHeader className="border-b">
            <CardTitle>Waiting for you</CardTitle>
            <Badge variant="warning">{plural(waiting.length, "proposal")}</Badge>
          </CardHeader>
          <ul className="divide-y">
            {waiting.map((proposal) => (
              <OpenProposal key={proposal.id} proposal={proposal} />
            ))}
          </ul>
        </Card>
      ) : null}
      {agents.isError ? (
        <Card>
          <ErrorState error={agents.error} onRetry={() => void agents.refetch()} />
        </Card>
      ) : (
        <ul aria-label="The agents" className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
          {agents.isPending
            ? [0, 1, 2, 3, 4, 5].map((one) => (
                <li key={one}>
                  <Skeleton className="h-32 w-full rounded-xl" />
                </li>
              ))
            : agents.data.rows.map((agent) => (
                <li key={agent.name} className="flex">
                  <Card aria-label={agent.title} className="flex flex-1 flex-col p-4 sm:p-5">
                    <div className="flex items-center gap-2.5">
                      <Bot aria-hidden className="text-link size-4" />
                      <h2 className="min-w-0 flex-1 text-sm font-semibold">{agent.title}</h2>
                      {me.permissions.includes(agent.permission) ? (
                        <Button variant="outline" size="sm" onClick={() => setChosen(agent)} aria-label={`Run the ${agent.title.toLowerCase()}`}>
                          <Play /> Run
                        </Button>
                      ) : null}
                    </div>
                    <p className="text-muted-foreground mt-2 text-[0.8125rem] leading-5 text-pretty">{agent.about}</p>
                  </Card>
                </li>
              ))}
        </ul>
      )}
      <Runs agents={agents.data?.rows ?? []} />
      {chosen ? <RunDialog key={chosen.name} agent={chosen} campaign={search.campaign} onClose={() => setChosen(null)} /> : null}
    </Page>
  );
}

function OpenProposal({ proposal }: { proposal: Proposal }) {
  const now = useNow();
  const told = proposal.payload.told as { summary?: string } | undefined;
  return (
    <li>
      <Link to="/agents/runs/$id" params={{ id: proposal.run_id }} className="focus-ring hover:bg-muted/60 flex items-center gap-3 px-4 py-3 -outline-offset-2 transition-colors sm:px-5">
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-2">
            <span className="min-w-0 text-[0.8125rem] font-medium break-words">{inHouse(proposal.title)}</span>
            <Badge variant="outline">{KINDS[proposal.kind]?.label ?? proposal.kind}</Badge>
          </span>
          {told?.summary ? <span className="text-muted-foreground mt-0.5 line-clamp-2 text-xs text-pretty">{inHouse(told.summary)}</span> : null}
        </span>
        <span className="text-muted-foreground shrink-0 text-xs">{ago(proposal.created_at, now)}</span>
        <ChevronRight aria-hidden className="text-muted-foreground size-4 shrink-0" />
      </Link>
    </li>
  );
}

function Runs({ agents }: { agents: readonly Agent[] }) {
  const { site } = useScope();
  const search = useSearch({ from: "/app/agents" });
  const patch = usePatchSearch();
  const filtered = Boolean(search.agent ?? search.status ?? search.campaign);
  const runs = useQuery(agentRunsQuery({ agent: search.agent, status: search.status, campaign_id: search.campaign }));
  const campaigns = useQuery(campaignsQuery(site.key));
  const rows = runs.data?.rows ?? [];
  const names = new Map((campaigns.data?.rows ?? []).map((row) => [row.id, row.name]));
  const choose = (name: string) => (value: string) => patch({ [name]: value === ALL ? undefined : value });
  return (
    <Card aria-label="Runs" className="overflow-hidden">
      <CardHeader className="border-b">
        <CardTitle className="mr-auto">Runs</CardTitle>
        <Select label="Agent" value={search.agent ?? ALL} onChange={choose("agent")} options={[{ value: ALL, label: "Every agent" }, ...agents.map((agent) => ({ value: agent.name, label: agent.title }))]} />
        <Select label="Status" value={search.status ?? ALL} onChange={choose("status")} options={[{ value: ALL, label: "Every status" }, ...RUN_STATUSES]} />
        <Select label="Campaign" value={search.campaign ?? ALL} onChange={choose("campaign")} options={[{ value: ALL, label: "Every campaign" }, ...[...names].map(([value, label]) => ({ value, label }))]} className="max-w-56" />
      </CardHeader>
      {runs.isError ? (
        <ErrorState error={runs.error} onRetry={() => void runs.refetch()} />
      ) : runs.isPending ? (
        <TableSkeleton rows={5} columns={3} />
      ) : rows.length === 0 ? (
        filtered ? (
          <NoResults what="runs" onClear={() => patch({ agent: undefined, status: undefined, campaign: undefined })} />
        ) : (
          <NothingYet icon={Bot} title="No agent has run yet">
            Run one above. Every step it takes, what it reads and what it costs is kept here.
          </NothingYet>
        )
      ) : (
        <>
          <ul className="divide-y">
            {rows.map((run) => (
              <RunRow key={run.id} run={run} title={agents.find((agent) => agent.name === run.agent)?.title ?? run.agent} campaign={names.get(run.campaign_id)} />
            ))}
          </ul>
          <p role="status" className="text-muted-foreground tabular border-t px-4 py-3.5 text-xs sm:px-5">
            {plural(rows.length, "run")} shown{rows.length >= MOST_RUNS ? `: the newest ${MOST_RUNS}` : ", that is all"}
          </p>
        </>
      )}
    </Card>
  );
}

function RunRow({ run, title, campaign }: { run: Run; title: string; campaign: string | undefined }) {
  const { site } = useScope();
  const now = useNow();
  const who = useNames();
  const said = run.output?.title ?? run.detail;
  return (
    <li>
      <Link to="/agents/runs/$id" params={{ id: run.id }} className="focus-ring hover:bg-muted/60 flex items-center gap-3 px-4 py-3 -outline-offset-2 transition-colors sm:px-5">
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className="text-[0.8125rem] font-medium">{title}</span>
            <RunBadge status={run.status} />
            {campaign ? <span className="text-muted-foreground min-w-0 truncate text-xs">{campaign}</span> : null}
          </span>
          {said ? <span className="text-muted-foreground mt-0.5 block truncate text-xs first-letter:uppercase"><Words text={inHouse(said)} /></span> : null}
        </span>
        <span className="text-muted-foreground hidden shrink-0 text-right text-xs sm:block">
          <span className="block" title={dateTime(run.created_at, site.time_zone)}>
            {ago(run.created_at, now)} by {who(run.requested_by)}
          </span>
          <span className="tabular block">
            {[run.started_at && run.ended_at ? duration(run.ended_at - run.started_at) : "", cost(run.cost_micros)].filter(Boolean).join(" · ")}
          </span>
        </span>
        <ChevronRight aria-hidden className="text-muted-foreground size-4 shrink-0" />
      </Link>
    </li>
  );
}
