import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { LoaderCircle, PenLine, Sparkles } from "lucide-react";
import { toast } from "sonner";

import { describe } from "@/api/problem";
import { runsQuery, startAnalyst } from "@/api/queries";
import type { AgentRun } from "@/api/types";
import { RunReport } from "@/components/run-report";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardHeader, CardTitle } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useNow } from "@/hooks/use-now";
import { useScope } from "@/hooks/use-scope";
import { addDays } from "@/lib/dates";
import { ago } from "@/lib/format";
import { cn } from "@/lib/cn";

const pending = (run: AgentRun | undefined) => run !== undefined && (run.status === "queued" || run.status === "running");

/** What the analyst wrote about the last seven days, and the button that has it write again. */
export function WeekSummary() {
  const scope = useScope();
  const now = useNow();
  const queryClient = useQueryClient();
  const runs = useQuery(runsQuery(10));
  const rows = (runs.data?.rows ?? []).filter((run) => run.agent === "analyst");
  const newest = rows[0];
  const written = rows.find((run) => run.output);
  const start = useMutation({
    mutationFn: () => startAnalyst({ site: scope.site.key, from: addDays(scope.today, -6), to: scope.today }),
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["runs"] }),
    onError: (error) => {
      const { title, detail } = describe(error);
      toast.error(title, { description: detail });
    },
  });
  const working = start.isPending || pending(newest);
  const button = (
    <Button variant={written ? "outline" : "default"} size="sm" onClick={() => start.mutate()} disabled={working}>
      {working ? <LoaderCircle className="animate-spin" /> : <PenLine />}
      {working ? "Writing…" : "Write summary"}
    </Button>
  );

  return (
    <Card aria-label="This week's summary" className="flex min-w-0 flex-col">
      <CardHeader>
        <Sparkles aria-hidden className="text-link -mr-1 size-4" />
        <CardTitle>This week</CardTitle>
        <div className="ml-auto">{written || working ? button : null}</div>
      </CardHeader>
      <CardContent className="flex flex-1 flex-col">
        <div role="status" className={cn("text-muted-foreground text-xs", working && "mb-3")}>
          {working ? (
            <>
              <span className="bg-muted mb-2 block h-1 overflow-hidden rounded-full">
                <span
                  className={cn(
                    "bg-primary block h-full rounded-full transition-[width] duration-700",
                    newest?.status === "running" ? "w-2/3 animate-pulse" : "w-1/4",
                  )}
                />
              </span>
              {newest?.status === "running" ? "The analyst is reading the week's figures" : "Waiting for the analyst to start"}
            </>
          ) : null}
        </div>
        {runs.isError ? (
          <ErrorState error={runs.error} onRetry={() => void runs.refetch()} className="flex-1" />
        ) : runs.isPending ? (
          <SummarySkeleton />
        ) : newest?.status === "failed" && !working ? (
          <div role="alert" className="bg-destructive-soft text-destructive mb-3 rounded-md px-3 py-2 text-[0.8125rem]">
            The last summary could not be written{newest.detail ? `: ${newest.detail}` : ""}
          </div>
        ) : null}
        {written?.output ? (
          <Written run={written} output={written.output} now={now} />
        ) : runs.isSuccess && !working ? (
          <NothingYet icon={Sparkles} title="No summary yet" action={button} className="flex-1 px-2 py-6">
            The analyst reads the last seven days and writes what changed, where and by how much.
          </NothingYet>
        ) : null}
      </CardContent>
    </Card>
  );
}

function Written({ run, output, now }: { run: AgentRun; output: NonNullable<AgentRun["output"]>; now: number }) {
  return (
    <div className="flex flex-1 flex-col">
      <RunReport output={output} most={4} />
      <p className="text-muted-foreground mt-auto pt-2 text-2xs">
        Written {ago(run.ended_at ?? run.created_at, now)} by the analyst from {output.figures.length} figures ·{" "}
        <Link to="/agents/runs/$id" params={{ id: run.id }} className="focus-ring hover:text-foreground rounded-sm underline underline-offset-2">
          whole report
        </Link>
      </p>
    </div>
  );
}

function SummarySkeleton() {
  return (
    <div role="status" aria-label="Loading" className="space-y-2.5">
      <Skeleton className="h-4 w-3/4" />
      <Skeleton className="h-3.5 w-full" />
      <Skeleton className="h-3.5 w-5/6" />
      {[0, 1, 2].map((row) => (
        <Skeleton key={row} className="mt-4 h-10 w-full" />
      ))}
    </div>
  );
}
