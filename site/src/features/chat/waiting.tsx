import { Link } from "@tanstack/react-router";
import { ArrowRight } from "lucide-react";
import type { ReactNode } from "react";

import type { Waiting } from "@/api/chat";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";

/** Where a person decides: the page of a request, or of the run that proposes. */
export type Place = { approval: string } | { run: string };

/** The place a waiting thing's address leads to, on this site; null for an address of another kind. */
export function placeOf(waiting: Waiting): Place | null {
  if (waiting.kind === "approval") return { approval: waiting.id };
  const run = /\/agents\/runs\/([^/?#]+)/.exec(waiting.url)?.[1];
  return run ? { run: decodeURIComponent(run) } : null;
}

/** What waits for somebody's decision, below what led to it. */
export function WaitingRows({ children }: { children: ReactNode }) {
  return (
    <section aria-label="Waiting for a decision" className="bg-warning-soft/60 border-t">
      <h4 className="text-warning px-4 pt-3 text-xs font-medium sm:px-5">Waiting for a person’s decision</h4>
      <ul className="divide-border divide-y">{children}</ul>
    </section>
  );
}

export function WaitingRow({ kind, title, action, to }: { kind: string; title: string; action: string; to: Place }) {
  return (
    <li className="flex items-center gap-3 px-4 py-2.5 sm:px-5">
      <span className="flex min-w-0 flex-1 flex-wrap items-center gap-x-2 gap-y-1">
        <span className="min-w-0 text-[0.8125rem] font-medium break-words">{title}</span>
        <Badge variant="outline" className="bg-card">
          {kind}
        </Badge>
      </span>
      <Button asChild variant="outline" size="sm">
        {"run" in to ? (
          <Link to="/agents/runs/$id" params={{ id: to.run }}>
            {action} <ArrowRight />
          </Link>
        ) : (
          <Link to="/approvals" search={{ id: to.approval }}>
            {action} <ArrowRight />
          </Link>
        )}
      </Button>
    </li>
  );
}
