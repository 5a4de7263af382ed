import { CircleCheck, Info, TriangleAlert } from "lucide-react";

import type { AgentRun } from "@/api/types";
import { useMetrics } from "@/hooks/use-metrics";
import { cn } from "@/lib/cn";
import { changeText, inHouse, tone } from "@/lib/format";

/** What a run found: its headline, a paragraph, and what stands out. */
export function RunReport({ output, most = Infinity }: { output: NonNullable<AgentRun["output"]>; most?: number }) {
  const { get } = useMetrics();
  const whole = most === Infinity;
  return (
    <>
      <h3 className="text-[0.9375rem] leading-5 font-semibold">{inHouse(output.title)}</h3>
      <p className="text-muted-foreground mt-1.5 text-[0.8125rem] leading-5 text-pretty whitespace-pre-line">{inHouse(output.summary)}</p>
      {output.findings.length ? (
        <ul className="mt-3 divide-y border-t">
          {output.findings.slice(0, most).map((finding) => {
            const mood = tone(finding.change ?? null, get(finding.metric).better);
            return (
              <li key={`${finding.metric} ${finding.headline}`} className="flex gap-2.5 py-2.5">
                <Severity severity={finding.severity} />
                <div className="min-w-0 flex-1">
                  <p className="text-[0.8125rem] leading-5 font-medium text-pretty">{inHouse(finding.headline)}</p>
                  <p className={cn("text-muted-foreground text-xs leading-4.5 text-pretty", !whole && "line-clamp-2")} {...(whole ? {} : { title: inHouse(finding.detail) })}>
                    {inHouse(finding.detail)}
                  </p>
                </div>
                {finding.change != null ? (
                  <span
                    className={cn(
                      "tabular shrink-0 text-xs leading-5 font-medium",
                      mood === "good" ? "text-positive" : mood === "bad" ? "text-destructive" : "text-muted-foreground",
                    )}
                  >
                    {changeText(finding.change)}
                  </span>
                ) : null}
              </li>
            );
          })}
        </ul>
      ) : null}
    </>
  );
}

function Severity({ severity }: { severity: string }) {
  const [Icon, style] =
    severity === "negative"
      ? [TriangleAlert, "text-warning"]
      : severity === "positive"
        ? [CircleCheck, "text-positive"]
        : [Info, "text-muted-foreground"];
  return <Icon aria-label={severity} className={cn("mt-0.5 size-4 shrink-0", style)} />;
}
