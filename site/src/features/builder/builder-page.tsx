import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useBlocker, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowLeft, ArrowRight, Check, LoaderCircle, Save } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import { toast } from "sonner";

import type { Answer } from "@/api/call";
import { brandQuery, campaignQuery, createCampaign, preflightQuery, saveCampaign } from "@/api/campaigns";
import type { CampaignDetail, CampaignDocument, Finding } from "@/api/loop-types";
import { ApiError } from "@/api/problem";
import { Confirm } from "@/components/confirm";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useCreate } from "@/hooks/use-create";
import { useRefreshCampaigns } from "@/hooks/use-refresh-campaigns";
import { useScope } from "@/hooks/use-scope";
import { emptyDocument, forApi, problemsOf, slug, stepOf, suggestedName } from "@/lib/campaign";
import { cn } from "@/lib/cn";
import { allows, whoMay } from "@/lib/roles";
import { isConflict, tell } from "@/lib/told";

import { AdsStep } from "./ads-step";
import { ChannelsStep } from "./channels-step";
import { PlanStep } from "./plan-step";
import { ReviewStep } from "./review-step";
import { showFinding, type StepProps } from "./step";

type Step = "plan" | "channels" | "ads" | "review";
const STEPS: { value: Step; label: string; hint: string }[] = [
  { value: "plan", label: "Plan", hint: "What for, and where to" },
  { value: "channels", label: "Channels and budget", hint: "Where, to whom, for how much" },
  { value: "ads", label: "Ads", hint: "What people see" },
  { value: "review", label: "Review", hint: "Check and submit" },
];

export function NewCampaignPage() {
  const { site, me, today } = useScope();
  const [fresh] = useState<CampaignDocument>(() => {
    const name = suggestedName("sales", today);
    return { ...emptyDocument(site), name, utm_campaign: slug(name) };
  });
  if (!allows(me, "edit_campaigns")) return <NotAllowed />;
  return <Builder key={site.key} initial={fresh} />;
}

export function EditCampaignPage() {
  const { id } = useParams({ from: "/app/campaigns/$id/edit" });
  const { me } = useScope();
  const query = useQuery({ ...campaignQuery(id), refetchInterval: false, refetchOnWindowFocus: false, staleTime: Number.POSITIVE_INFINITY });
  const [epoch, setEpoch] = useState(0);
  if (!allows(me, "edit_campaigns")) return <NotAllowed />;
  if (query.isError && !query.data) {
    return (
      <Page title="Edit campaign">
        <Card>
          <ErrorState error={query.error} onRetry={() => void query.refetch()} back={<Link to="/campaigns">All campaigns</Link>} />
        </Card>
      </Page>
    );
  }
  if (!query.data) {
    return (
      <div role="status" aria-label="Loading" className="mx-auto w-full max-w-[76rem] space-y-5 px-4 py-5 sm:px-6 lg:px-8 lg:py-7">
        <Skeleton className="h-7 w-64" />
        <Skeleton className="h-14 w-full rounded-xl" />
        <Skeleton className="h-96 w-full rounded-xl" />
      </div>
    );
  }
  return <Builder key={`${id} ${epoch}`} initial={query.data.data.document} saved={query.data} onReload={() => void query.refetch().then(() => setEpoch(epoch + 1))} />;
}

function NotAllowed() {
  return (
    <Page title="Campaign" narrow>
      <Note title={`${whoMay("edit_campaigns").replace(/^./, (letter) => letter.toUpperCase())} plan campaigns.`} action={<Button asChild variant="outline" size="sm"><Link to="/campaigns">Campaigns</Link></Button>}>
        Your role may look at them.
      </Note>
    </Page>
  );
}

const textOf = (document: CampaignDocument) => JSON.stringify(forApi(document));

function Builder({ initial, saved: loaded, onReload }: { initial: CampaignDocument; saved?: Answer<CampaignDetail>; onReload?: () => void }) {
  const { site, me } = useScope();
  const { step = "plan" } = useSearch({ strict: false }) as { step?: Step };
  const navigate = useNavigate();
  const queryClient = useQueryClient();
  const refresh = useRefreshCampaigns();
  const [document, setDocument] = useState(initial);
  const [saved, setSaved] = useState(loaded);
  const [savedText, setSavedText] = useState(() => (loaded ? textOf(loaded.data.document) : textOf(initial)));
  const [typed, setTyped] = useState<Record<string, string | undefined>>({});
  const [told, setTold] = useState<{ field: string; detail: string }[]>([]);
  const [shown, setShown] = useState<ReadonlySet<Step>>(new Set(loaded ? ["plan", "channels", "ads"] : []));
  const [conflict, setConflict] = useState(false);
  const [opened] = useState(() => Date.now());
  /** The field to begin with on the next step, as a JSON pointer. */
  const [goal, setGoal] = useState<string | null>(null);
  const top = useRef<HTMLHeadingElement>(null);
  const brand = useQuery(brandQuery(site.key));
  const dirty = textOf(document) !== savedText;
  const id = saved?.data.id;
  const preflight = useQuery({ ...preflightQuery(id ?? "", saved?.data.version ?? 0), enabled: id !== undefined && document.ad_sets.length > 0 });
  // Findings are about what was saved; where that has changed since, they may be mended already.
  const findings: Finding[] = id === undefined || dirty ? [] : (preflight.data?.findings ?? []);
  const problems: Record<string, string | undefined> = { ...problemsOf(document, opened), ...Object.fromEntries(told.map(({ field, detail }) => [field, detail])), ...typed };
  const blocked = (which: Step) => Object.entries(problems).some(([field, text]) => text !== undefined && stepOf(field) === which);

  const write = useCreate(
    async (input: CampaignDocument, key) => (saved ? saveCampaign(saved.data.id, forApi(input), saved.etag) : createCampaign(site.key, forApi(input), key)),
    {},
  );
  const leaving = useBlocker({ shouldBlockFn: ({ current, next }) => dirty && !write.isPending && current.pathname !== next.pathname, withResolver: true, enableBeforeUnload: dirty });

  useEffect(() => {
    if (goal !== null && stepOf(goal) === step && showFinding(goal)) return;
    top.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, [step, goal]);

  const go = (to: Step, field: string | null = null) => {
    setGoal(field);
    const search = { step: to === "plan" ? undefined : to };
    void navigate({ to: ".", search: ((previous: Record<string, unknown>) => ({ ...previous, ...search })) as never });
  };

  /** Saves and goes on; a first save changes the address to the campaign's own. */
  const save = async (to: Step): Promise<boolean> => {
    if (!dirty && saved) {
      if (to !== step) go(to);
      return true;
    }
    try {
      const answer = await write.mutateAsync(document);
      setTold([]);
      setSaved(answer);
      setDocument(answer.data.document);
      setSavedText(textOf(answer.data.document));
      queryClient.setQueryData(campaignQuery(answer.data.id).queryKey, answer);
      void queryClient.invalidateQueries({ queryKey: ["campaigns"] });
      const search = ((previous: Record<string, unknown>) => ({ ...previous, step: to === "plan" ? undefined : to })) as never;
      if (saved) {
        if (to !== step) await navigate({ to: ".", search });
      } else await navigate({ to: "/campaigns/$id/edit", params: { id: answer.data.id }, search, replace: true, ignoreBlocker: true });
      return true;
    } catch (error) {
      if (isConflict(error)) setConflict(true);
      else {
        if (error instanceof ApiError) {
          setTold(error.fields);
          const first = error.fields[0];
          if (first && stepOf(first.field) !== step) go(stepOf(first.field));
        }
        tell(error);
      }
      return false;
    }
  };

  const index = STEPS.findIndex((one) => one.value === step);
  const forward = async () => {
    setShown(new Set([...shown, step]));
    if (blocked(step)) {
      requestAnimationFrame(() => window.document.querySelector<HTMLElement>("main [aria-invalid=true]")?.focus());
      return;
    }
    const next = STEPS[index + 1]?.value ?? "review";
    // Nothing runs anywhere yet, so there is nothing worth a draft.
    if (!saved && document.ad_sets.length === 0 && next !== "review") go(next);
    else await save(next);
  };

  const props: StepProps = {
    document,
    set: (part) => {
      setTold([]);
      setDocument((before) => ({ ...before, ...part }));
    },
    problem: (field) => (shown.has(stepOf(field) as Step) || typed[field] ? problems[field] : undefined),
    report: (field, error) => setTyped((before) => ({ ...before, [field]: error })),
    findings,
    brand: brand.data?.data.name || me.tenant.name,
  };

  return (
    <div className="pb-20">
      <Page
        title={saved ? `Edit ${saved.data.name}` : "New campaign"}
        description={
          saved?.data.live_hash
            ? "What is live goes on as approved. Your edit is a change that is approved and published on its own."
            : "Nothing goes out before somebody else has approved it."
        }
      >
        <nav aria-label="Steps">
          <ol className="bg-card shadow-card grid grid-cols-4 divide-x overflow-hidden rounded-xl border">
            {STEPS.map(({ value, label, hint }, at) => {
              const done = at < index && !blocked(value);
              return (
                <li key={value} className="min-w-0">
                  <button
                    type="button"
                    aria-current={value === step ? "step" : undefined}
                    disabled={write.isPending || (value === "review" && document.ad_sets.length === 0)}
                    onClick={() => (value === "review" ? void save("review") : go(value))}
                    className={cn(
                      "focus-ring hover:bg-muted/60 relative flex h-full w-full min-w-0 items-center justify-center gap-2.5 px-2 py-2.5 text-left -outline-offset-2 transition-colors disabled:opacity-60 sm:justify-start sm:px-4",
                      value === step && "after:bg-primary after:absolute after:inset-x-0 after:bottom-0 after:h-0.5",
                    )}
                  >
                    <span
                      aria-hidden
                      className={cn(
                        "tabular grid size-6 shrink-0 place-items-center rounded-full text-xs font-semibold",
                        value === step ? "bg-primary text-primary-foreground" : done ? "bg-positive-soft text-positive" : "bg-muted text-muted-foreground",
                      )}
                    >
                      {done ? <Check className="size-3.5" /> : at + 1}
                    </span>
                    <span className="sr-only min-w-0 sm:not-sr-only">
                      <span className="block truncate text-[0.8125rem] font-medium">{label}</span>
                      <span className="text-muted-foreground hidden truncate text-xs lg:block">{hint}</span>
                    </span>
                  </button>
                </li>
              );
            })}
          </ol>
        </nav>
        {conflict ? (
          <Note
            tone="warning"
            alert
            title="Somebody else has edited this campaign meanwhile"
            action={
              <Button size="sm" variant="outline" onClick={onReload ?? (() => location.reload())}>
                Load their version
              </Button>
            }
          >
            Your changes are still here but were not saved. Copy what you need, then load theirs and make the change again.
          </Note>
        ) : null}
        <h2 ref={top} tabIndex={-1} className="text-base font-semibold outline-none sm:sr-only">
          {STEPS[index]?.label}
        </h2>
        {step === "plan" ? (
          <PlanStep {...props} />
        ) : step === "channels" ? (
          <ChannelsStep {...props} />
        ) : step === "ads" ? (
          <AdsStep {...props} goal={goal} />
        ) : (
          <ReviewStep
            {...props}
            saved={saved?.data}
            checking={preflight}
            onMend={(field) => go(stepOf(field), field)}
            onSubmitted={async () => {
              if (!id) return;
              toast.success("Submitted", { description: "Somebody who may approve sees it in Approvals now." });
              await refresh();
              await navigate({ to: "/campaigns/$id", params: { id }, search: { site: site.key === me.sites[0]?.key ? undefined : site.key }, ignoreBlocker: true });
            }}
          />
        )}
      </Page>
      <div className="bg-background/90 fixed inset-x-0 bottom-0 z-20 border-t backdrop-blur-md lg:left-[14.5rem]">
        <div className="mx-auto flex max-w-[90rem] items-center gap-2 px-4 py-2.5 sm:px-6 lg:px-8">
          {index > 0 ? (
            <Button variant="outline" onClick={() => go(STEPS[index - 1]?.value ?? "plan")}>
              <ArrowLeft /> Back
            </Button>
          ) : (
            <Button asChild variant="outline">
              {id ? (
                <Link to="/campaigns/$id" params={{ id }}>
                  Close
                </Link>
              ) : (
                <Link to="/campaigns">Cancel</Link>
              )}
            </Button>
          )}
          <span role="status" className="text-muted-foreground ml-auto hidden text-xs sm:block">
            {write.isPending ? "Saving…" : dirty && saved ? "Not saved yet" : saved ? "Saved" : ""}
          </span>
          {step === "review" ? null : (
            <div className="ml-auto flex gap-2 sm:ml-0">
              {document.ad_sets.length > 0 ? (
                <Button variant="outline" disabled={write.isPending || !dirty || problems["/name"] !== undefined} onClick={() => void save(step).then((done) => done && toast.success("Saved as a draft"))}>
                  <Save /> <span className="hidden sm:inline">Save draft</span>
                  <span className="sr-only sm:hidden">Save draft</span>
                </Button>
              ) : null}
              <Button disabled={write.isPending || (step !== "plan" && document.ad_sets.length === 0)} onClick={() => void forward()}>
                {write.isPending ? <LoaderCircle className="animate-spin" /> : null}
                {step === "ads" ? "Check and review" : "Continue"} <ArrowRight />
              </Button>
            </div>
          )}
        </div>
      </div>
      <Confirm
        open={leaving.status === "blocked"}
        onOpenChange={(open) => (open ? undefined : leaving.reset?.())}
        title="Leave without saving?"
        description="What you changed since the last save would be lost."
        action="Leave"
        destructive
        onConfirm={() => leaving.proceed?.()}
      />
    </div>
  );
}
