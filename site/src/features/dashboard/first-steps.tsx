import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Check, X } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";

import { campaignsQuery } from "@/api/campaigns";
import { connectedQuery } from "@/api/channels";
import { summaryQuery } from "@/api/queries";
import { teamQuery } from "@/api/team";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { presetRange } from "@/lib/dates";
import { plural } from "@/lib/format";
import { allows, type Right, whoMay } from "@/lib/roles";

import { dismissFirstSteps } from "./first-steps-kept";
import { type Facts, type StepName, stepsDone } from "./steps-done";

const STEPS: { name: StepName; title: string; hint: string; right: Right | null; action: ReactNode }[] = [
  { name: "pixel", title: "Put the pixel on your site", hint: "One line; the first visit shows up within seconds.", right: null, action: <Link to="/install">Install the pixel</Link> },
  { name: "account", title: "Connect an ad account", hint: "Meta, Google Ads or Klaviyo, or a practice account that moves no money.", right: "manage_channels", action: <Link to="/channels">Connect</Link> },
  { name: "approver", title: "Invite somebody who approves", hint: "Nobody approves what they asked for themselves.", right: "manage_team", action: <Link to="/team">Invite</Link> },
  { name: "campaign", title: "Plan a campaign", hint: "By hand, or let the channel planner draft it.", right: "edit_campaigns", action: <Link to="/campaigns/new">Plan a campaign</Link> },
  { name: "live", title: "Have it approved and publish it", hint: "Then its cost and what it brought appear here.", right: null, action: <Link to="/campaigns">Open campaigns</Link> },
];

/** What is left between a new shop and its first campaign; gone once all of it is done, or when it is waved off. */
export function FirstSteps() {
  const { me, site, today } = useScope();
  const [gone, setGone] = useState(false);
  const month = presetRange("30d", today);
  const summary = useQuery(summaryQuery({ site: site.key, ...month }, "none"));
  const accounts = useQuery(connectedQuery(site.key));
  const team = useQuery(teamQuery);
  const campaigns = useQuery(campaignsQuery(site.key));
  // A list that is half known would tick off what is not done; it is shown once all of it is known.
  const facts: Facts | null =
    summary.data && accounts.data && team.data && campaigns.data
      ? {
          sessions: Number(summary.data.metrics.sessions ?? 0),
          accounts: accounts.data.rows.map((row) => row.status),
          members: [...team.data.members, ...team.data.invitations].map((one) => one.role),
          campaigns: campaigns.data.rows.map((row) => row.status),
        }
      : null;
  const done = facts ? stepsDone(facts) : null;
  const next = STEPS.find((step) => !done?.has(step.name));
  const over = done !== null && next === undefined;
  useEffect(() => {
    if (over) dismissFirstSteps(site.key);
  }, [over, site.key]);
  const wave = () => {
    dismissFirstSteps(site.key);
    setGone(true);
  };
  if (gone || !done || !next) return null;
  return (
    <Card aria-label="First steps" className="overflow-hidden">
      <CardHeader className="border-b">
        <CardTitle>First steps</CardTitle>
        <span className="text-muted-foreground tabular text-xs">
          {done.size} of {plural(STEPS.length, "step")} done
        </span>
        <Button variant="ghost" size="icon-sm" className="ml-auto" aria-label="Hide the first steps" title="Hide" onClick={wave}>
          <X />
        </Button>
      </CardHeader>
      <ol className="grid divide-y lg:grid-cols-5 lg:divide-x lg:divide-y-0">
        {STEPS.map((step, index) => {
          const ticked = done.has(step.name);
          const current = step === next;
          return (
            <li key={step.name} aria-current={current ? "step" : undefined} className={cn("flex items-start gap-3 px-4 py-3.5 lg:flex-col lg:gap-2.5 lg:px-5 lg:py-4", current && "bg-accent/50")}>
              <span
                className={cn(
                  "tabular grid size-6 shrink-0 place-items-center rounded-full border text-xs font-semibold",
                  ticked ? "border-transparent bg-positive-soft text-positive" : current ? "border-ring text-foreground" : "text-muted-foreground",
                )}
              >
                {ticked ? <Check aria-label="Done" className="size-3.5" /> : index + 1}
              </span>
              <div className="min-w-0 flex-1 lg:flex lg:flex-col">
                <h3 className={cn("text-[0.8125rem] leading-5 font-medium", ticked && "text-muted-foreground")}>{step.title}</h3>
                <p className="text-muted-foreground mt-0.5 text-xs text-pretty">{step.hint}</p>
                {current ? (
                  step.right === null || allows(me, step.right) ? (
                    <Button asChild size="sm" className="mt-3 w-fit">
                      {step.action}
                    </Button>
                  ) : (
                    <p className="mt-2 text-xs">Only {whoMay(step.right)} may do this.</p>
                  )
                ) : null}
              </div>
            </li>
          );
        })}
      </ol>
    </Card>
  );
}
