import { CircleAlert, Info, TriangleAlert } from "lucide-react";

import type { CampaignDocument, Finding } from "@/api/loop-types";
import { Words } from "@/components/words";
import { cn } from "@/lib/cn";
import { fill, type Limit } from "@/lib/creative";

export interface StepProps {
  document: CampaignDocument;
  set: (part: Partial<CampaignDocument>) => void;
  /** What is wrong with a field, by its JSON pointer, once it is time to say so. */
  problem: (field: string) => string | undefined;
  /** Text in a field that cannot be read; undefined once it can. */
  report: (field: string, error: string | undefined) => void;
  findings: readonly Finding[];
  /** The brand's name, for previews. */
  brand: string;
}

const GRAVITY = {
  blocking: { icon: CircleAlert, style: "text-destructive", name: "Must be put right" },
  warning: { icon: TriangleAlert, style: "text-warning", name: "Worth changing" },
  notice: { icon: Info, style: "text-muted-foreground", name: "To know" },
} as const;

/** What checks found, at the field it is about. */
export function FindingList({ findings, className }: { findings: readonly Finding[]; className?: string }) {
  if (findings.length === 0) return null;
  return (
    <ul className={cn("space-y-1", className)}>
      {findings.map((one, index) => {
        const { icon: Icon, style, name } = GRAVITY[one.severity];
        return (
          <li key={`${one.rule} ${index}`} data-at={one.field} className="flex gap-1.5 text-xs">
            <Icon aria-label={name} className={cn("mt-0.5 size-3.5 shrink-0", style)} />
            <span className="min-w-0 text-pretty break-words" {...(one.source ? { title: one.source } : {})}>
              <Words text={one.message} />
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** Takes the reader to what a finding is about: its field where there is one near it, else its own words. */
export function showFinding(field: string): boolean {
  const said = document.querySelector<HTMLElement>(`main [data-at="${CSS.escape(field)}"]`);
  const near = said?.closest("ul")?.parentElement;
  if (!said || !near) return false;
  near.querySelector<HTMLElement>("input, textarea, button")?.focus({ preventScroll: true });
  said.scrollIntoView({ block: "center" });
  return true;
}

/** "24/30", in the colour of how it stands. */
export function Counter({ text, limit }: { text: string; limit: Limit }) {
  const { length, state } = fill(text, limit);
  return (
    <span
      className={cn(
        "tabular text-2xs",
        state === "over" ? "text-destructive font-semibold" : state === "cut" ? "text-warning font-medium" : state === "near" ? "text-foreground" : "text-muted-foreground",
      )}
    >
      <span className="sr-only">length </span>
      {length}/{limit.max}
      {limit.wide && length > text.length ? <span title="Wide characters count twice here"> ×2</span> : null}
      <span className="sr-only">{state === "over" ? ", too long" : state === "cut" ? ", will be cut off" : ""}</span>
    </span>
  );
}
