import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bot, ChevronDown, ListTree } from "lucide-react";
import { lazy, Suspense, useState } from "react";

import { type Agent, agentsQuery } from "@/api/agents";
import type { CampaignDetail } from "@/api/loop-types";
import { Button } from "@/components/ui/button";
import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuLabel, DropdownMenuSeparator, DropdownMenuTrigger } from "@/components/ui/dropdown-menu";
import { useScope } from "@/hooks/use-scope";

const RunDialog = lazy(() => import("@/features/agents/run-dialog").then((module) => ({ default: module.RunDialog })));

/** The agents that can be asked about a campaign, and what they said about this one. */
export function AgentMenu({ campaign }: { campaign: CampaignDetail }) {
  const { me } = useScope();
  const agents = useQuery(agentsQuery);
  const [chosen, setChosen] = useState<Agent | null>(null);
  const fitting = (agents.data?.rows ?? []).filter((agent) => me.permissions.includes(agent.permission) && "campaign_id" in ((agent.input_schema.properties ?? {}) as object));
  if (fitting.length === 0) return null;
  return (
    <>
      <DropdownMenu>
        <DropdownMenuTrigger asChild>
          <Button variant="outline">
            <Bot /> Agents <ChevronDown className="text-muted-foreground size-3.5!" />
          </Button>
        </DropdownMenuTrigger>
        <DropdownMenuContent align="end">
          <DropdownMenuLabel>Run on this campaign</DropdownMenuLabel>
          {fitting.map((agent) => (
            <DropdownMenuItem key={agent.name} onSelect={() => setChosen(agent)}>
              <Bot /> {agent.title}
            </DropdownMenuItem>
          ))}
          <DropdownMenuSeparator />
          <DropdownMenuItem asChild>
            <Link to="/agents" search={{ campaign: campaign.id }}>
              <ListTree /> Runs of this campaign
            </Link>
          </DropdownMenuItem>
        </DropdownMenuContent>
      </DropdownMenu>
      {chosen ? (
        <Suspense>
          <RunDialog agent={chosen} campaign={campaign.id} onClose={() => setChosen(null)} />
        </Suspense>
      ) : null}
    </>
  );
}
