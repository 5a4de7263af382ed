import { type LucideIcon, SearchX } from "lucide-react";
import type { ReactNode } from "react";

import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

/** Nothing is here yet: says what will appear and the one thing to do about it. */
export function NothingYet({
  icon: Icon,
  title,
  children,
  action,
  className,
}: {
  icon: LucideIcon;
  title: string;
  children: ReactNode;
  action?: ReactNode;
  className?: string;
}) {
  return (
    <div className={cn("flex flex-col items-center justify-center px-6 py-14 text-center", className)}>
      <div className="bg-muted text-muted-foreground mb-4 grid size-11 place-items-center rounded-xl border">
        <Icon aria-hidden className="size-5" strokeWidth={1.75} />
      </div>
      <h3 className="text-sm font-semibold">{title}</h3>
      <p className="text-muted-foreground mt-1 max-w-sm text-[0.8125rem] text-pretty">{children}</p>
      {action ? <div className="mt-4">{action}</div> : null}
    </div>
  );
}

/** There is something, but the filters hide all of it. */
export function NoResults({ what, onClear, className }: { what: string; onClear?: () => void; className?: string }) {
  return (
    <div className={cn("flex flex-col items-center justify-center px-6 py-14 text-center", className)}>
      <SearchX aria-hidden className="text-muted-foreground mb-3 size-5" strokeWidth={1.75} />
      <p className="text-sm font-medium">No {what} match these filters</p>
      {onClear ? (
        <Button variant="outline" size="sm" className="mt-3" onClick={onClear}>
          Clear filters
        </Button>
      ) : null}
    </div>
  );
}
