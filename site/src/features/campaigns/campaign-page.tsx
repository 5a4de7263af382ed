import { useQuery } from "@tanstack/react-query";
import { Link, useParams, useSearch } from "@tanstack/react-router";
import { Check, CircleAlert, CircleDashed, ExternalLink, History, LoaderCircle } from "lucide-react";
import { useEffect, useRef } from "react";

import { assetUrl, brandQuery, campaignQuery, historyQuery, working } from "@/api/campaigns";
import type { CampaignDetail, Publication } from "@/api/loop-types";
import { AdPreview } from "@/components/ad-preview";
import { CampaignStatusBadge } from "@/components/campaign-status";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { ProgressBar } from "@/components/progress-bar";
import { ProviderMark } from "@/components/provider";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { OBJECTIVES, PROVIDERS } from "@/lib/campaign";
import { cn } from "@/lib/cn";
import { actionText, audienceText } from "@/lib/describe-plan";
import { ago, dateTime, money } from "@/lib/format";
import { whoMay } from "@/lib/roles";

import { AgentMenu } from "./agent-menu";
import { CampaignActions } from "./campaign-actions";
import { CampaignFigures } from "./campaign-figures";
import { useRefreshCampaigns } from "@/hooks/use-refresh-campaigns";

const TABS = [
  { value: "overview", label: "Overview" },
  { value: "ads", label: "Ads" },
  { value: "history", label: "History" },
] as const;

export function CampaignPage() {
  const { id } = useParams({ from: "/app/campaigns/$id" });
  const { tab = "overview" } = useSearch({ from: "/app/campaigns/$id" });
  const patch = usePatchSearch();
  const query = useQuery(campaignQuery(id));
  const campaign = query.data?.data;
  useWhenDone(campaign);

  if (query.isError && !campaign) {
    return (
      <Page title="Campaign">
        <Card>
          <ErrorState error={query.error} onRetry={() => void query.refetch()} back={<Link to="/campaigns">All campaigns</Link>} />
        </Card>
      </Page>
    );
  }
  if (!campaign) return <Loading />;
  return (
    <Page
      title={campaign.name}
      description={
        <span className="flex flex-wrap items-center gap-x-2.5 gap-y-1">
          <CampaignStatusBadge status={campaign.status} />
          <span>
            {OBJECTIVES.find((one) => one.value === campaign.objective)?.label} · {campaign.budget_daily > 0 ? `${money(campaign.budget_daily, campaign.currency)} a day` : "No daily budget"}
          </span>
        </span>
      }
      actions={
        <>
          <AgentMenu campaign={campaign} />
          <CampaignActions campaign={campaign} />
        </>
      }
    >
      <Standing campaign={campaign} />
      <Segmented label="View" value={tab} onChange={(next) => patch({ tab: next === "overview" ? undefined : next })} segments={TABS} />
      {tab === "overview" ? <Overview campaign={campaign} /> : tab === "ads" ? <Ads campaign={campaign} /> : <HistoryCard campaign={campaign} />}
    </Page>
  );
}

/** Other pages' lists are stale once the channels have answered. */
function useWhenDone(campaign: CampaignDetail | undefined) {
  const refresh = useRefreshCampaigns();
  const was = useRef(false);
  const busy = campaign !== undefined && working(campaign);
  useEffect(() => {
    if (was.current && !busy) void refresh();
    was.current = busy;
  }, [busy, refresh]);
}

function Loading() {
  return (
    <div role="status" aria-label="Loading" className="mx-auto w-full max-w-[90rem] space-y-5 px-4 py-5 sm:px-6 lg:px-8 lg:py-7">
      <div className="flex items-end justify-between gap-4">
        <div className="space-y-2">
          <Skeleton className="h-7 w-56 max-w-full" />
          <Skeleton className="h-5 w-40" />
        </div>
        <Skeleton className="h-8 w-32" />
      </div>
      <Skeleton className="h-8 w-60" />
      <Skeleton className="h-28 w-full rounded-xl" />
      <Skeleton className="h-60 w-full rounded-xl" />
    </div>
  );
}

/** Where the campaign stands and what comes next, in a sentence. */
function Standing({ campaign }: { campaign: CampaignDetail }) {
  const { site } = useScope();
  const now = useNow();
  const who = useNames();
  const newest = campaign.publications[0];
  const pending = campaign.approval?.status === "pending" ? campaign.approval : null;
  if (newest && (newest.status === "queued" || newest.status === "running")) return <Progress publication={newest} campaign={campaign} />;
  const approvalLink = pending ? (
    <Button asChild size="sm" variant={pending.may_decide ? "default" : "outline"}>
      <Link to="/approvals" search={{ id: pending.id }}>
        {pending.may_decide ? "Review and decide" : "See the request"}
      </Link>
    </Button>
  ) : null;
  if (campaign.status === "failed" || (newest?.status === "failed" && campaign.status !== "draft")) {
    return (
      <Note tone="destructive" alert title={newest?.action === "publish" || !newest ? "Publishing did not work out" : `The last step (${ACTIONS[newest.action] ?? newest.action}) did not work out`}>
        <p className="text-foreground">{newest?.detail || campaign.detail || "The channel gave no reason."}</p>
        {campaign.status === "failed" ? <p>Nothing of it runs. Put right what is named here, then publish again.</p> : null}
      </Note>
    );
  }
  if (pending) {
    return (
      <Note tone="warning" title={campaign.live_hash ? "A change is waiting for approval" : "Waiting for approval"} action={approvalLink}>
        Requested by {who(pending.requested_by, pending.requested_by_name)} {ago(pending.requested_at, now)}. {pending.may_decide ? "You may decide." : sentence(pending.why_not)}
      </Note>
    );
  }
  switch (campaign.status) {
    case "draft":
      return (
        <Note tone="accent" title={campaign.actions.includes("submit") ? "Next: submit it for approval" : "A draft"}>
          {campaign.detail ? <p>{campaign.detail}</p> : null}
          Nothing is spent before it is approved and published.
        </Note>
      );
    case "rejected":
      return (
        <Note tone="destructive" title={`Rejected${campaign.approval?.decided_by ? ` by ${who(campaign.approval.decided_by, campaign.approval.decided_by_name)}` : ""}`}>
          <p className="text-foreground">{campaign.approval?.comment || campaign.detail || "No reason was given."}</p>
          Edit it and submit it again.
        </Note>
      );
    case "approved":
      return (
        <Note tone="positive" title={campaign.actions.includes("publish") ? "Approved: it can be published" : "Approved"}>
          {campaign.approval ? `By ${who(campaign.approval.decided_by, campaign.approval.decided_by_name)}${campaign.approval.decided_at ? `, ${ago(campaign.approval.decided_at, now)}` : ""}.` : null} {campaign.approval?.comment}
          {campaign.actions.includes("publish") ? null : ` ${whoMay("publish_campaigns")} may publish it.`.replace(/^ ./, (text) => text.toUpperCase())}
        </Note>
      );
    case "scheduled":
      return (
        <Note tone="accent" title="Scheduled" action={
          <Button asChild variant="outline" size="sm"><Link to="/calendar">Calendar</Link></Button>
        }>
          {campaign.detail || (campaign.start_at ? `It goes out on ${dateTime(campaign.start_at, site.time_zone)}.` : "It goes out at its time in the calendar.")}
        </Note>
      );
    default:
      return campaign.detail ? <Note title={campaign.detail} /> : null;
  }
}

/** The API's reasons begin small, to stand behind a colon. */
const sentence = (text: string | null | undefined) => (text ? `${text.replace(/^./, (letter) => letter.toUpperCase())}.`.replace(/\.\.$/, ".") : "");

const ACTIONS: Record<string, string> = { publish: "Publish", change: "Change", pause: "Pause", resume: "Resume", end: "End", rollback: "Roll back" };

/** A publication as it happens, a bar a channel. Announced politely when the words change. */
function Progress({ publication, campaign }: { publication: Publication; campaign: CampaignDetail }) {
  return (
    <Card aria-label="Progress" className="border-primary/30">
      <CardHeader>
        <LoaderCircle aria-hidden className="text-link size-4 animate-spin" />
        <CardTitle>{publication.status === "queued" ? "Waiting to begin" : `${ACTIONS[publication.action] ?? publication.action}: under way`}</CardTitle>
        {publication.action === "publish" ? <span className="text-muted-foreground ml-auto text-xs">Created paused, switched on last</span> : null}
      </CardHeader>
      <CardContent className="space-y-3">
        {campaign.channels.map((channel) => {
          const steps = publication.progress.filter((one) => one.channel_id === channel.id);
          const step = steps.at(-1);
          const of = Math.max(1, step?.of ?? 1);
          return (
            <div key={channel.id}>
              <div className="mb-1 flex items-center gap-2 text-[0.8125rem]">
                <ProviderMark type={channel.type} size="sm" />
                <span className="font-medium">{channel.name}</span>
                <span role="status" className={cn("min-w-0 flex-1 text-right", step?.failed ? "text-destructive" : "text-muted-foreground")}>
                  {step ? (step.failed ? `Not done: ${step.text}` : step.text) : "Waiting"}
                </span>
              </div>
              <ProgressBar label={`${channel.name}: ${step?.text ?? "waiting"}`} done={(step?.step ?? 0) / of} failed={step?.failed ?? false} />
            </div>
          );
        })}
      </CardContent>
    </Card>
  );
}

function Overview({ campaign }: { campaign: CampaignDetail }) {
  const { site } = useScope();
  const published = campaign.publications.length > 0;
  return (
    <>
      {published ? <CampaignFigures campaign={campaign} /> : null}
      <div className="grid gap-5 xl:grid-cols-[minmax(0,1fr)_23rem]">
        <Card aria-label="Plan" className="min-w-0">
          <CardHeader className="border-b">
            <CardTitle>Plan</CardTitle>
            {campaign.live_hash && campaign.has_change ? (
              <Badge variant="warning">With a change that is not live yet</Badge>
            ) : null}
          </CardHeader>
          <dl className="grid gap-x-6 gap-y-3 px-4 py-4 text-[0.8125rem] sm:grid-cols-2 sm:px-5">
            <Fact label="Runs">
              {campaign.start_at ? dateTime(campaign.start_at, site.time_zone) : "From publishing"} – {campaign.end_at ? dateTime(campaign.end_at, site.time_zone) : "until ended"}
            </Fact>
            <Fact label="Total budget">{campaign.budget_total ? money(campaign.budget_total, campaign.currency) : "No limit but the daily one"}</Fact>
            <Fact label="Landing page">
              <a href={campaign.landing_url} target="_blank" rel="noreferrer" className="focus-ring text-link inline-flex max-w-full items-center gap-1 rounded-sm hover:underline">
                <span className="truncate">{campaign.landing_url}</span>
                <ExternalLink aria-label="opens in a new tab" className="size-3.5 shrink-0" />
              </a>
            </Fact>
            <Fact label="UTM campaign">
              <code className="font-mono text-xs">{campaign.utm_campaign || "–"}</code>
            </Fact>
          </dl>
          <ul className="divide-y border-t">
            {campaign.document.ad_sets.map((set) => {
              const remote = campaign.remote_objects.find((one) => one.local_id === set.id && one.kind === "ad_set");
              return (
                <li key={set.id} className="flex items-start gap-3 px-4 py-3 text-[0.8125rem] sm:px-5">
                  <ProviderMark type={set.channel} />
                  <div className="min-w-0 flex-1">
                    <p className="flex flex-wrap items-center gap-2">
                      <span className="font-medium break-words">{set.name}</span>
                      {set.status === "paused" ? <Badge variant="outline">Paused</Badge> : null}
                      {remote ? <Badge variant={remote.status === "active" ? "positive" : "secondary"}>{remote.status === "active" ? "Running there" : remote.status}</Badge> : null}
                    </p>
                    <p className="text-muted-foreground text-pretty break-words">
                      {audienceText(set.audience)} · {set.ads.length === 1 ? "1 ad" : `${set.ads.length} ads`}
                    </p>
                    {remote ? <p className="text-muted-foreground truncate font-mono text-2xs">{remote.external_id}</p> : null}
                  </div>
                  <span className="tabular shrink-0">{set.channel === "klaviyo" ? "" : money(set.budget_daily, campaign.currency)}</span>
                </li>
              );
            })}
          </ul>
        </Card>
        <Publications campaign={campaign} />
      </div>
    </>
  );
}

function Fact({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div className="min-w-0">
      <dt className="text-muted-foreground text-xs">{label}</dt>
      <dd className="min-w-0 break-words">{children}</dd>
    </div>
  );
}

const PUBLICATION: Record<string, [string, BadgeVariant]> = {
  queued: ["Waiting", "secondary"],
  running: ["Under way", "default"],
  done: ["Done", "positive"],
  failed: ["Failed", "destructive"],
};

function Publications({ campaign }: { campaign: CampaignDetail }) {
  const { site } = useScope();
  const who = useNames();
  const now = useNow();
  return (
    <Card aria-label="On the channels" className="min-w-0">
      <CardHeader className="border-b">
        <CardTitle>On the channels</CardTitle>
      </CardHeader>
      {campaign.publications.length === 0 ? (
        <p className="text-muted-foreground px-4 py-4 text-[0.8125rem] text-pretty sm:px-5">Nothing has been sent to a channel yet. What is published, paused or rolled back is listed here.</p>
      ) : (
        <ol className="divide-y">
          {campaign.publications.map((one) => {
            const [label, variant] = PUBLICATION[one.status] ?? [one.status, "secondary"];
            const Icon = one.status === "done" ? Check : one.status === "failed" ? CircleAlert : CircleDashed;
            return (
              <li key={one.id} className="flex gap-2.5 px-4 py-3 text-[0.8125rem] sm:px-5">
                <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", one.status === "done" ? "text-positive" : one.status === "failed" ? "text-destructive" : "text-muted-foreground")} />
                <div className="min-w-0 flex-1">
                  <p className="flex items-center gap-2">
                    <span className="font-medium">{ACTIONS[one.action] ?? one.action}</span>
                    <Badge variant={variant} className="ml-auto">
                      {label}
                    </Badge>
                  </p>
                  {one.detail ? <p className={cn("text-pretty break-words", one.status === "failed" ? "text-destructive" : "text-muted-foreground")}>{one.detail}</p> : null}
                  <p className="text-muted-foreground text-xs" title={dateTime(one.created_at, site.time_zone)}>
                    {who(one.requested_by)}, {ago(one.created_at, now)}
                  </p>
                </div>
              </li>
            );
          })}
        </ol>
      )}
    </Card>
  );
}

function Ads({ campaign }: { campaign: CampaignDetail }) {
  const { me, site } = useScope();
  const brand = useQuery(brandQuery(site.key)).data?.data.name || me.tenant.name;
  return (
    <div className="space-y-6">
      {campaign.document.ad_sets.map((set) => (
        <section key={set.id} aria-label={`${PROVIDERS[set.channel].name}, ${set.name}`}>
          <h2 className="mb-2.5 flex items-center gap-2 text-sm font-semibold">
            <ProviderMark type={set.channel} size="sm" /> {set.name}
          </h2>
          <ul className="grid gap-4 sm:grid-cols-2 xl:grid-cols-3">
            {set.ads.map((ad) => (
              <li key={ad.id} className="min-w-0">
                <p className="mb-1.5 flex items-center gap-2 text-[0.8125rem]">
                  <span className="truncate font-medium">{ad.name}</span>
                  {ad.status === "paused" ? <Badge variant="outline">Paused</Badge> : null}
                </p>
                <AdPreview channel={set.channel} creative={ad.creative} brand={brand} landing={campaign.landing_url} image={assetUrl} />
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function HistoryCard({ campaign }: { campaign: CampaignDetail }) {
  const { site } = useScope();
  const now = useNow();
  const who = useNames();
  const history = useQuery(historyQuery(campaign.id, campaign.version));
  return (
    <Card aria-label="History" className="overflow-hidden">
      {history.isError ? (
        <ErrorState error={history.error} onRetry={() => void history.refetch()} />
      ) : history.isPending ? (
        <TableSkeleton rows={5} columns={2} />
      ) : history.data.rows.length === 0 ? (
        <NothingYet icon={History} title="Nothing has happened yet">
          Edits, decisions and publications leave a line here.
        </NothingYet>
      ) : (
        <ol className="divide-y">
          {history.data.rows.map((row, index) => (
            <li key={`${row.at} ${index}`} className="flex flex-wrap items-baseline gap-x-3 gap-y-0.5 px-4 py-3 text-[0.8125rem] sm:px-5">
              <span className="min-w-0 flex-1 basis-60 break-words">{actionText(row)}</span>
              <span className="text-muted-foreground text-xs" title={dateTime(row.at, site.time_zone)}>
                {who(row.actor, row.actor_name)} · {ago(row.at, now)}
              </span>
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}
