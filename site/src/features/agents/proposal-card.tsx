import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { ArrowRight, Check, LoaderCircle, X } from "lucide-react";
import type { ReactNode } from "react";
import { toast } from "sonner";

import { acceptProposal, dismissProposal, type Proposal } from "@/api/agents";
import { campaignQuery } from "@/api/campaigns";
import { connectedQuery } from "@/api/channels";
import type { CampaignDocument, Creative, Finding } from "@/api/loop-types";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { useRefreshCampaigns } from "@/hooks/use-refresh-campaigns";
import { useScope } from "@/hooks/use-scope";
import { ago, inHouse, money, percent, plural } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";
import { tell } from "@/lib/told";

/** What each kind is called, and what accepting it does. */
export const KINDS: Record<string, { label: string; accept: string; does: string }> = {
  campaign: { label: "New campaign", accept: "Create the draft", does: "It becomes a draft that you can still change. Nothing is published." },
  creatives: { label: "New ads", accept: "Add the ads", does: "The ads are added to the campaign; what is published already stays as it is until somebody approves." },
  flags: { label: "Flags", accept: "Keep the flags", does: "The flags stay on their ads until the ads change." },
  budgets: { label: "Budgets", accept: "Move the budgets", does: "Of a campaign that is live this becomes a request that somebody else approves." },
  rotation: { label: "Ads", accept: "Change the ads", does: "Of a campaign that is live this becomes a request that somebody else approves." },
  report: { label: "Report", accept: "", does: "" },
};

const BADGE: Record<string, [string, BadgeVariant]> = {
  open: ["Open", "warning"],
  accepted: ["Accepted", "positive"],
  dismissed: ["Dismissed", "secondary"],
};

/** A proposal: what it would change, in words, and the decision. */
export function ProposalCard({ proposal }: { proposal: Proposal }) {
  const { me } = useScope();
  const now = useNow();
  const who = useNames();
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const refreshCampaigns = useRefreshCampaigns();
  const kind = KINDS[proposal.kind] ?? { label: proposal.kind, accept: "Accept", does: "" };
  const refresh = () => Promise.all([refreshCampaigns(), ...["run", "proposals"].map((key) => queryClient.invalidateQueries({ queryKey: [key] }))]);
  const accept = useMutation({
    mutationFn: () => acceptProposal(proposal.id),
    onSuccess: async (made) => {
      toast.success("Accepted", made.approval_id ? { description: "It waits for somebody else's approval now." } : {});
      void refresh();
      if (made.approval_id) await navigate({ to: "/approvals", search: { id: made.approval_id } });
      else if (made.campaign_id) await navigate({ to: "/campaigns/$id", params: { id: made.campaign_id } });
    },
    onError: (error) => {
      tell(error);
      void refresh();
    },
  });
  const dismiss = useMutation({
    mutationFn: () => dismissProposal(proposal.id),
    onSuccess: async () => {
      toast.success("Dismissed");
      await refresh();
    },
    onError: tell,
  });
  const busy = accept.isPending || dismiss.isPending;
  const [label, variant] = BADGE[proposal.status] ?? [proposal.status, "secondary"];
  const told = proposal.payload.told as { summary?: string } | undefined;
  return (
    <Card aria-label={inHouse(proposal.title)} className="overflow-hidden">
      <div className="space-y-1.5 px-4 py-4 sm:px-5">
        <div className="flex flex-wrap items-start gap-2">
          <h2 className="min-w-0 flex-1 basis-52 text-sm font-semibold break-words">{inHouse(proposal.title)}</h2>
          <Badge variant="outline">{kind.label}</Badge>
          <Badge variant={variant}>{label}</Badge>
        </div>
        {told?.summary ? <p className="text-muted-foreground text-[0.8125rem] leading-5 text-pretty whitespace-pre-line">{inHouse(told.summary)}</p> : null}
      </div>
      <Changes proposal={proposal} />
      <div className="flex flex-wrap items-center gap-2 border-t px-4 py-3.5 sm:px-5">
        {proposal.status !== "open" ? (
          <p className="text-muted-foreground mr-auto text-[0.8125rem]">
            {label} by {who(proposal.decided_by)}
            {proposal.decided_at ? ` ${ago(proposal.decided_at, now)}` : ""}
          </p>
        ) : proposal.kind !== "report" && !allows(me, "edit_campaigns") ? (
          <p className="text-muted-foreground mr-auto text-[0.8125rem]">{whoMay("edit_campaigns").replace(/^./, (letter) => letter.toUpperCase())} may decide.</p>
        ) : (
          <>
            {kind.accept ? (
              <Button disabled={busy} onClick={() => accept.mutate()}>
                {accept.isPending ? <LoaderCircle className="animate-spin" /> : <Check />} {kind.accept}
              </Button>
            ) : null}
            <Button variant="outline" disabled={busy} onClick={() => dismiss.mutate()}>
              {dismiss.isPending ? <LoaderCircle className="animate-spin" /> : <X />} Dismiss
            </Button>
            <p className="text-muted-foreground min-w-0 flex-1 basis-60 text-xs text-pretty">{kind.does}</p>
          </>
        )}
        {proposal.approval_id ? (
          <Button asChild variant="outline" size="sm">
            <Link to="/approvals" search={{ id: proposal.approval_id }}>
              Open request <ArrowRight />
            </Link>
          </Button>
        ) : proposal.campaign_id && proposal.status === "accepted" ? (
          <Button asChild variant="outline" size="sm">
            <Link to="/campaigns/$id" params={{ id: proposal.campaign_id }}>
              Open campaign <ArrowRight />
            </Link>
          </Button>
        ) : null}
      </div>
    </Card>
  );
}

interface Payload {
  document?: CampaignDocument;
  reasons?: { channel_id: string; budget_daily: number; reason: string }[];
  ad_sets?: { ad_set_id: string; ads: { name: string; intent: string; creative: Creative }[] }[];
  flags?: (Finding & { ad_id: string; suggestion: string })[];
  shifts?: { ad_set_id: string; from: number; to: number; reason: string }[];
  ads?: { ad_set_id: string; ad_id: string; action: "pause" | "keep" | "promote"; reason: string; posterior: { p_best: number } }[];
}

function Changes({ proposal }: { proposal: Proposal }) {
  const { site } = useScope();
  const campaign = useQuery({ ...campaignQuery(proposal.campaign_id), enabled: proposal.campaign_id !== "" });
  const channels = useQuery({ ...connectedQuery(site.key), enabled: proposal.kind === "campaign" });
  const document = campaign.data?.data.document;
  const currency = document?.currency ?? site.currency;
  const setName = (id: string) => document?.ad_sets.find((set) => set.id === id)?.name ?? "Ad set";
  const adName = (id: string) => document?.ad_sets.flatMap((set) => set.ads).find((ad) => ad.id === id)?.name ?? "The campaign";
  const payload = proposal.payload as Payload;
  switch (proposal.kind) {
    case "campaign": {
      const plan = payload.document;
      if (!plan) return null;
      return (
        <Lines label="What it would create">
          {plan.ad_sets.map((set) => {
            const reason = payload.reasons?.find((one) => one.channel_id === set.channel_id)?.reason;
            const channel = channels.data?.rows.find((one) => one.id === set.channel_id);
            return (
              <Line key={set.id} title={set.name} end={set.budget_daily > 0 ? `${money(set.budget_daily, plan.currency)} a day` : ""}>
                {[channel?.name, plural(set.ads.length, "ad"), set.audience.countries.join(", ")].filter(Boolean).join(" · ")}
                {reason ? <span className="block">{reason}</span> : null}
              </Line>
            );
          })}
        </Lines>
      );
    }
    case "creatives":
      return (
        <Lines label="Ads it would add">
          {(payload.ad_sets ?? []).flatMap((set) =>
            set.ads.map((ad, index) => (
              <Line key={`${set.ad_set_id} ${index}`} title={ad.creative.headlines[0] || ad.creative.subject || ad.name} end={ad.intent}>
                {ad.creative.primary_text || ad.creative.preview_text || ad.creative.descriptions.join(" ")}
                <span className="block text-2xs">{setName(set.ad_set_id)}</span>
              </Line>
            )),
          )}
        </Lines>
      );
    case "flags":
      return payload.flags?.length ? (
        <Lines label="What it found">
          {payload.flags.map((flag, index) => (
            <Line key={index} title={flag.message} end={<Badge variant={flag.severity === "blocking" ? "destructive" : flag.severity === "warning" ? "warning" : "secondary"}>{flag.severity}</Badge>}>
              {flag.suggestion ? <span className="text-foreground block">{flag.suggestion}</span> : null}
              <span className="block text-2xs break-words">
                {flag.ad_id ? adName(flag.ad_id) : "The whole campaign"}
                {flag.source ? ` · ${flag.source}` : ""}
              </span>
            </Line>
          ))}
        </Lines>
      ) : (
        <p className="text-muted-foreground border-t px-4 py-3 text-[0.8125rem] sm:px-5">Nothing was objected to. Accepting takes earlier flags off the ads.</p>
      );
    case "budgets":
      return (
        <Lines label="Budgets it would change">
          {(payload.shifts ?? []).map((shift) => (
            <Line
              key={shift.ad_set_id}
              title={setName(shift.ad_set_id)}
              end={
                <>
                  <span className="text-muted-foreground">{money(shift.from, currency)}</span> → <span className="font-medium">{money(shift.to, currency)}</span> a day
                </>
              }
            >
              {inHouse(shift.reason)}
            </Line>
          ))}
        </Lines>
      );
    case "rotation":
      return (
        <Lines label="Ads it judged">
          {(payload.ads ?? []).map((ad) => (
            <Line
              key={ad.ad_id}
              title={adName(ad.ad_id)}
              end={
                <span className="flex items-center gap-2">
                  <span className="text-muted-foreground">{percent(ad.posterior.p_best, { digits: 0 })} likely the best</span>
                  <Badge variant={ad.action === "pause" ? "warning" : ad.action === "promote" ? "positive" : "secondary"}>{{ pause: "Pause", keep: "Keep", promote: "Show" }[ad.action] ?? ad.action}</Badge>
                </span>
              }
            >
              {inHouse(ad.reason)}
            </Line>
          ))}
        </Lines>
      );
    default:
      return null;
  }
}

function Lines({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul aria-label={label} className="divide-y border-t">
      {children}
    </ul>
  );
}

function Line({ title, end, children }: { title: string; end: ReactNode; children: ReactNode }) {
  return (
    <li className="px-4 py-2.5 sm:px-5">
      <div className="flex flex-wrap items-baseline gap-x-3 gap-y-1">
        <span className="min-w-0 flex-1 basis-40 text-[0.8125rem] font-medium break-words">{title}</span>
        <span className="tabular shrink-0 text-xs">{end}</span>
      </div>
      <div className="text-muted-foreground mt-0.5 text-xs text-pretty">{children}</div>
    </li>
  );
}
