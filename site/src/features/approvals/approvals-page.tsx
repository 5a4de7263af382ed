import { useMutation, useQuery } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ArrowLeft, Check, CircleCheck, LoaderCircle, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { toast } from "sonner";

import { approvalQuery, approvalsQuery, approve, assetUrl, reject } from "@/api/campaigns";
import type { Approval } from "@/api/loop-types";
import { ApiError } from "@/api/problem";
import { DiffView } from "@/components/diff-view";
import { Field } from "@/components/field";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Segmented } from "@/components/ui/segmented";
import { Skeleton } from "@/components/ui/skeleton";
import { Textarea } from "@/components/ui/textarea";
import { useRefreshCampaigns } from "@/hooks/use-refresh-campaigns";
import { useNames } from "@/hooks/use-names";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ago, dateTime, money } from "@/lib/format";
import { whoMay } from "@/lib/roles";
import { tell } from "@/lib/told";

const STATUSES = [
  { value: "pending", label: "Waiting" },
  { value: "approved", label: "Approved" },
  { value: "rejected", label: "Rejected" },
  { value: "void", label: "Void" },
] as const;

const BADGE: Record<string, [string, BadgeVariant]> = {
  pending: ["Waiting", "warning"],
  approved: ["Approved", "positive"],
  rejected: ["Rejected", "destructive"],
  void: ["Void", "outline"],
};

export function ApprovalsPage() {
  const { site } = useScope();
  const search = useSearch({ from: "/app/approvals" });
  const patch = usePatchSearch();
  const status = search.status ?? "pending";
  const list = useQuery(approvalsQuery(site.key, status));
  const rows = list.data?.rows ?? [];
  const chosen = search.id ?? rows[0]?.id;
  return (
    <Page
      title="Approvals"
      description="Whatever publishes or can raise spend waits here for somebody other than who asked."
      actions={<Segmented label="Status" value={status} onChange={(next) => patch({ status: next === "pending" ? undefined : next, id: undefined })} segments={STATUSES} />}
    >
      {list.isError ? (
        <Card>
          <ErrorState error={list.error} onRetry={() => void list.refetch()} />
        </Card>
      ) : list.isPending ? (
        <Loading />
      ) : rows.length === 0 && !search.id ? (
        <Card>
          <NothingYet
            icon={CircleCheck}
            title={status === "pending" ? "Nothing waits for a decision" : `Nothing was ${status === "void" ? "taken back or overtaken" : status} yet`}
            className="py-24"
            action={
              status === "pending" ? (
                <Button asChild variant="outline">
                  <Link to="/campaigns">Campaigns</Link>
                </Button>
              ) : null
            }
          >
            {status === "pending" ? "When somebody submits a campaign, or an agent proposes a change, what would become different is shown here to the last detail." : "Decisions are kept here with what was shown when they were taken."}
          </NothingYet>
        </Card>
      ) : (
        <div className="grid items-start gap-5 lg:grid-cols-[20rem_minmax(0,1fr)]">
          <Card aria-label="Requests" className={cn("overflow-hidden lg:sticky lg:top-20", search.id && "hidden lg:block")}>
            <ul className="thin-scroll divide-y lg:max-h-[calc(100svh-9rem)] lg:overflow-y-auto">
              {rows.map((row) => (
                <RequestRow key={row.id} row={row} current={row.id === chosen} />
              ))}
            </ul>
          </Card>
          <div className={cn("min-w-0", !search.id && "hidden lg:block")}>
            {search.id ? (
              <Link to="." search={(previous) => ({ ...previous, id: undefined })} className="focus-ring text-muted-foreground hover:text-foreground mb-3 inline-flex items-center gap-1.5 rounded-sm text-[0.8125rem] font-medium lg:hidden">
                <ArrowLeft aria-hidden className="size-4" /> All requests
              </Link>
            ) : null}
            {chosen ? <Request key={chosen} id={chosen} known={rows.find((row) => row.id === chosen)} /> : null}
          </div>
        </div>
      )}
    </Page>
  );
}

function Loading() {
  return (
    <div role="status" aria-label="Loading" className="grid items-start gap-5 lg:grid-cols-[20rem_minmax(0,1fr)]">
      <Card className="divide-y">
        {[0, 1, 2].map((row) => (
          <div key={row} className="space-y-2 px-4 py-3.5">
            <Skeleton className="h-4 w-3/4" />
            <Skeleton className="h-3.5 w-1/2" />
          </div>
        ))}
      </Card>
      <Card className="hidden space-y-4 p-5 lg:block">
        <Skeleton className="h-6 w-1/2" />
        <Skeleton className="h-16 w-full" />
        <Skeleton className="h-56 w-full" />
      </Card>
    </div>
  );
}

function RequestRow({ row, current }: { row: Approval; current: boolean }) {
  const now = useNow();
  const who = useNames();
  const raise = row.diff.budget_daily_after - row.diff.budget_daily_before;
  return (
    <li>
      <Link
        to="."
        search={(previous) => ({ ...previous, id: row.id })}
        resetScroll={false}
        aria-current={current ? "true" : undefined}
        className={cn("focus-ring hover:bg-muted/60 block px-4 py-3 -outline-offset-2 transition-colors", current && "lg:bg-accent")}
      >
        <span className="flex items-start gap-2">
          <span className="line-clamp-2 min-w-0 flex-1 text-[0.8125rem] font-medium break-words">{row.title}</span>
          <Badge variant={BADGE[row.status]?.[1] ?? "secondary"}>{row.kind === "campaign" ? "New" : "Change"}</Badge>
        </span>
        <span className="text-muted-foreground mt-0.5 flex gap-2 text-xs">
          <span className="min-w-0 truncate">
            {who(row.requested_by, row.requested_by_name)}, {ago(row.requested_at, now)}
          </span>
          {raise !== 0 ? <span className="tabular ml-auto shrink-0">{money(raise, row.currency, { signed: true })} a day</span> : null}
        </span>
      </Link>
    </li>
  );
}

function Request({ id, known }: { id: string; known: Approval | undefined }) {
  const { site } = useScope();
  const now = useNow();
  const who = useNames();
  const query = useQuery({ ...approvalQuery(id), placeholderData: known });
  const heading = useRef<HTMLHeadingElement>(null);
  const asked = useSearch({ from: "/app/approvals" }).id;
  // Who chose a request hears which one it is.
  useEffect(() => {
    if (asked && query.isSuccess) heading.current?.focus({ preventScroll: true });
  }, [asked, query.isSuccess]);
  if (query.isError) {
    return (
      <Card>
        <ErrorState error={query.error} onRetry={() => void query.refetch()} />
      </Card>
    );
  }
  if (query.isPending) {
    return (
      <Card role="status" aria-label="Loading" className="space-y-4 p-5">
        <Skeleton className="h-6 w-1/2" />
        <Skeleton className="h-16 w-full" />
        <Skeleton className="h-56 w-full" />
      </Card>
    );
  }
  const approval = query.data;
  const [label, variant] = BADGE[approval.status] ?? [approval.status, "secondary"];
  return (
    <Card aria-label={approval.title}>
      <div className="space-y-3 border-b px-4 py-4 sm:px-5">
        <div className="flex flex-wrap items-start gap-x-3 gap-y-2">
          <h2 ref={heading} tabIndex={-1} className="min-w-0 flex-1 basis-60 text-base leading-6 font-semibold break-words outline-none">
            {approval.title}
          </h2>
          <Badge variant={variant}>{label}</Badge>
          <Button asChild variant="outline" size="sm">
            <Link to="/campaigns/$id" params={{ id: approval.campaign_id }}>
              Open campaign
            </Link>
          </Button>
        </div>
        <p className="text-muted-foreground text-[0.8125rem]">
          Requested by {who(approval.requested_by, approval.requested_by_name)} <time title={dateTime(approval.requested_at, site.time_zone)}>{ago(approval.requested_at, now)}</time>
          {approval.decided_at ? (
            <>
              {" · "}
              {approval.status === "void" ? "void since" : `${label.toLowerCase()} by ${who(approval.decided_by, approval.decided_by_name)}`} {ago(approval.decided_at, now)}
            </>
          ) : null}
        </p>
        {approval.reason ? <blockquote className="border-l-2 pl-3 text-[0.8125rem] break-words whitespace-pre-line">{approval.reason}</blockquote> : null}
        {approval.comment ? (
          <p className="text-[0.8125rem] break-words">
            <span className="text-muted-foreground">Decision: </span>
            {approval.comment}
          </p>
        ) : null}
      </div>
      <div className="px-4 py-4 sm:px-5">
        <DiffView diff={approval.diff} currency={approval.currency} zone={site.time_zone} image={assetUrl} />
      </div>
      {approval.status === "pending" ? (
        approval.may_decide ? (
          <Decide approval={approval} onStale={() => void query.refetch()} />
        ) : (
          <p className="text-muted-foreground border-t px-4 py-3.5 text-[0.8125rem] sm:px-5">{capital(approval.why_not ?? "") || `${capital(whoMay("approve_campaigns"))} may decide.`}</p>
        )
      ) : null}
    </Card>
  );
}

const capital = (text: string) => text.replace(/^./, (letter) => letter.toUpperCase());

/** The decision carries the hash of what is on the screen, so that nothing else than what was seen is approved. */
function Decide({ approval, onStale }: { approval: Approval; onStale: () => void }) {
  const refresh = useRefreshCampaigns();
  const [comment, setComment] = useState("");
  const [missing, setMissing] = useState(false);
  const [stale, setStale] = useState(false);
  const box = useRef<HTMLTextAreaElement>(null);
  const decide = useMutation({
    mutationFn: (yes: boolean) => (yes ? approve(approval.id, approval.snapshot_hash, comment.trim()) : reject(approval.id, comment.trim())),
    onSuccess: async (_, yes) => {
      if (yes) toast.success("Approved", { description: `${capital(whoMay("publish_campaigns"))} can publish it now.` });
      else toast.success("Rejected", { description: "Who asked sees your reason." });
      await refresh();
    },
    onError: (error) => {
      if (error instanceof ApiError && (error.status === 409 || error.status === 412)) setStale(true);
      else tell(error);
    },
  });
  if (stale) {
    return (
      <div className="border-t p-4 sm:px-5">
        <Note
          tone="warning"
          alert
          title="This request has changed since you opened it"
          action={
            <Button
              size="sm"
              variant="outline"
              onClick={() => {
                setStale(false);
                onStale();
                void refresh();
              }}
            >
              Show what it is now
            </Button>
          }
        >
          Nothing was decided. Look at the current plan first.
        </Note>
      </div>
    );
  }
  return (
    <form
      className="space-y-3 border-t px-4 py-4 sm:px-5"
      onSubmit={(event) => {
        event.preventDefault();
        if (!decide.isPending) decide.mutate(true);
      }}
    >
      <Field label="Comment" hint="Needed to reject, welcome when approving." error={missing ? "Say why, so that it can be put right." : undefined}>
        {(control) => (
          <Textarea
            {...control}
            ref={box}
            value={comment}
            maxLength={1000}
            className="min-h-14"
            onChange={(event) => {
              setComment(event.target.value);
              setMissing(false);
            }}
          />
        )}
      </Field>
      <div className="flex flex-wrap items-center gap-2">
        <Button type="submit" disabled={decide.isPending}>
          {decide.isPending && decide.variables ? <LoaderCircle className="animate-spin" /> : <Check />} Approve
        </Button>
        <Button
          variant="outline"
          disabled={decide.isPending}
          onClick={() => {
            if (comment.trim() === "") {
              setMissing(true);
              box.current?.focus();
            } else decide.mutate(false);
          }}
        >
          {decide.isPending && !decide.variables ? <LoaderCircle className="animate-spin" /> : <X />} Reject
        </Button>
        <span className="text-muted-foreground ml-auto font-mono text-2xs" title={`Your decision is about exactly this plan: ${approval.snapshot_hash}`}>
          plan {approval.snapshot_hash.slice(0, 12)}
        </span>
      </div>
    </form>
  );
}
