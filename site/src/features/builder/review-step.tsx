import { type UseQueryResult, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { CircleCheck, LoaderCircle, PenLine, Send } from "lucide-react";
import { useState } from "react";

import { assetUrl, diffQuery, submitCampaign } from "@/api/campaigns";
import type { CampaignDetail, Finding } from "@/api/loop-types";
import { ApiError, describe } from "@/api/problem";
import { DiffView } from "@/components/diff-view";
import { Field } from "@/components/field";
import { Note } from "@/components/note";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Textarea } from "@/components/ui/textarea";
import { Words } from "@/components/words";
import { useCreate } from "@/hooks/use-create";
import { useScope } from "@/hooks/use-scope";
import { placeOf } from "@/lib/campaign";
import { plural } from "@/lib/format";

import { FindingList, type StepProps } from "./step";

export function ReviewStep({
  document,
  saved,
  checking,
  onMend,
  onSubmitted,
}: StepProps & {
  saved: CampaignDetail | undefined;
  checking: UseQueryResult<{ findings: Finding[] }>;
  /** Opens a field by its JSON pointer. */
  onMend: (field: string) => void;
  onSubmitted: () => Promise<void>;
}) {
  const { site } = useScope();
  const diff = useQuery({ ...diffQuery(saved?.id ?? "", saved?.version ?? 0), enabled: saved !== undefined });
  const [reason, setReason] = useState("");
  const submit = useCreate((text: string, key) => submitCampaign(saved?.id ?? "", text, key), { onSuccess: onSubmitted });
  const findings = checking.data?.findings ?? [];
  const blocking = findings.filter((one) => one.severity === "blocking");
  const others = findings.filter((one) => one.severity !== "blocking");
  if (!saved) {
    return <Note title="Save the campaign first">Go back to the plan; it is checked once it is saved.</Note>;
  }
  const can = saved.actions.includes("submit");
  return (
    <div className="grid grid-cols-[minmax(0,1fr)] items-start gap-5 xl:grid-cols-[minmax(0,1fr)_25rem]">
      <Card className="min-w-0">
        <CardHeader className="border-b">
          <CardTitle>What the approver sees</CardTitle>
          <Button variant="outline" size="sm" className="ml-auto" onClick={() => onMend("/ad_sets/0/ads/0")}>
            <PenLine /> Edit
          </Button>
        </CardHeader>
        <CardContent className="pt-4">
          {diff.isError ? (
            <ErrorState error={diff.error} onRetry={() => void diff.refetch()} />
          ) : diff.isPending ? (
            <div role="status" aria-label="Loading" className="space-y-4">
              <Skeleton className="h-10 w-40" />
              <Skeleton className="h-40" />
              <Skeleton className="h-40" />
            </div>
          ) : (
            <DiffView diff={diff.data} currency={saved.currency} zone={site.time_zone} image={assetUrl} />
          )}
        </CardContent>
      </Card>
      <div className="space-y-5 xl:sticky xl:top-20">
        <Card>
          <CardHeader>
            <CardTitle>Checks</CardTitle>
            {checking.isFetching ? <LoaderCircle aria-hidden className="text-muted-foreground ml-auto size-4 animate-spin" /> : null}
          </CardHeader>
          <CardContent aria-live="polite">
            {checking.isError ? (
              <ErrorState error={checking.error} onRetry={() => void checking.refetch()} className="py-4" />
            ) : checking.isPending ? (
              <Skeleton className="h-16" />
            ) : findings.length === 0 ? (
              <p className="flex items-center gap-2 text-[0.8125rem]">
                <CircleCheck aria-hidden className="text-positive size-4" /> Everything fits each channel’s rules and your brand.
              </p>
            ) : (
              <div className="space-y-4">
                {(
                  [
                    [blocking, `${plural(blocking.length, "thing")} to put right before it can be submitted`],
                    [others, blocking.length > 0 ? "Also worth a look" : "Worth a look; it can be submitted as it is"],
                  ] as const
                ).map(([list, title]) =>
                  list.length > 0 ? (
                    <div key={title}>
                      <p className="mb-2 text-[0.8125rem] font-medium">{title}</p>
                      <ul className="space-y-3">
                        {list.map((one, index) => (
                          <li key={`${one.rule} ${one.field} ${index}`} className="border-l-2 pl-3">
                            <p className="text-muted-foreground flex items-baseline gap-2 text-xs">
                              <span className="min-w-0 flex-1 truncate">{placeOf(one.field, document)}</span>
                              <button type="button" aria-label={`Go there: ${placeOf(one.field, document)}`} onClick={() => onMend(one.field)} className="focus-ring text-link shrink-0 rounded-sm font-medium hover:underline">
                                Go there
                              </button>
                            </p>
                            <FindingList findings={[one]} className="mt-0.5" />
                          </li>
                        ))}
                      </ul>
                    </div>
                  ) : null,
                )}
              </div>
            )}
          </CardContent>
        </Card>
        <Card>
          <CardHeader>
            <CardTitle>Submit for approval</CardTitle>
          </CardHeader>
          <CardContent>
            {can ? (
              <form
                className="space-y-4"
                onSubmit={(event) => {
                  event.preventDefault();
                  if (!submit.isPending && blocking.length === 0) submit.mutate(reason.trim());
                }}
              >
                <Field label="What should the approver know?" optional>
                  {(control) => <Textarea {...control} value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} />}
                </Field>
                {submit.error ? (
                  <div role="alert" className="bg-destructive-soft text-destructive rounded-md px-3 py-2 text-[0.8125rem]">
                    <p className="font-medium">{describe(submit.error).title}</p>
                    <p className="text-pretty">
                      <Words text={[describe(submit.error).detail, ...(submit.error instanceof ApiError ? submit.error.fields.map((one) => one.detail) : [])].filter((text, at, all) => all.indexOf(text) === at).join(" ")} />
                    </p>
                  </div>
                ) : null}
                <Button type="submit" className="w-full" disabled={submit.isPending || checking.isPending || blocking.length > 0}>
                  {submit.isPending ? <LoaderCircle className="animate-spin" /> : <Send />} Submit for approval
                </Button>
                <p className="text-muted-foreground text-xs text-pretty">Somebody else decides. Nothing is spent before it is approved and published; editing it takes the request back.</p>
              </form>
            ) : (
              <p className="text-muted-foreground text-[0.8125rem] text-pretty">
                {saved.status === "in_review" || saved.approval?.status === "pending" ? "This plan is waiting for a decision already." : saved.actions.includes("publish") ? "This plan is approved already; publish it from its page." : "There is nothing to submit: this plan is what is live."}{" "}
                <Link to="/campaigns/$id" params={{ id: saved.id }} className="focus-ring text-link rounded-sm hover:underline">
                  Open the campaign
                </Link>
              </p>
            )}
          </CardContent>
        </Card>
      </div>
    </div>
  );
}
