import { CircleCheck, CircleDot, CircleX, LoaderCircle, TriangleAlert } from "lucide-react";

import { Words } from "@/components/words";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { inHouse, time } from "@/lib/format";

import { legible, type Step } from "./steps";

/** A step of a run, with what a model wrote in it. */
export function StepLine({ step, working }: { step: Step; working: boolean }) {
  const { site } = useScope();
  const [Icon, style] = working
    ? [LoaderCircle, "text-link animate-spin"]
    : step.tone === "bad"
      ? [CircleX, "text-destructive"]
      : step.tone === "warning"
        ? [TriangleAlert, "text-warning"]
        : step.tone === "good"
          ? [CircleCheck, "text-positive"]
          : [CircleDot, "text-muted-foreground"];
  return (
    <li className="flex gap-2.5">
      <Icon aria-hidden className={cn("mt-0.5 size-4 shrink-0", style)} />
      <div className="min-w-0 flex-1">
        <p className="flex gap-2 text-[0.8125rem] leading-5">
          <span className="min-w-0 flex-1 break-words">{inHouse(step.text)}</span>
          <time className="text-muted-foreground tabular shrink-0 text-2xs leading-5">{time(step.at, site.time_zone, true)}</time>
        </p>
        {step.detail ? (
          <p className="text-muted-foreground text-xs text-pretty break-words">
            <Words text={inHouse(step.detail)} />
          </p>
        ) : null}
        {step.written ? (
          <details open={step.open} className="mt-1">
            <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm text-xs font-medium">{step.open ? "Writing" : "What it wrote"}</summary>
            {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- a scrolling area has to be reachable by keyboard */}
            <pre tabIndex={0} aria-label="The model's text" aria-live="off" className="bg-muted/60 focus-ring thin-scroll mt-1.5 max-h-64 overflow-auto rounded-lg border p-2.5 font-mono text-2xs leading-4 break-words whitespace-pre-wrap">
              {legible(step.written)}
            </pre>
          </details>
        ) : null}
      </div>
    </li>
  );
}
