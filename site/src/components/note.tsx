import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

/** A note in the flow of a page: something is stopped, wrong, or to be known. */
export function Note({
  tone = "plain",
  title,
  children,
  action,
  alert = false,
  className,
}: {
  tone?: "plain" | "accent" | "warning" | "destructive" | "positive";
  title: ReactNode;
  children?: ReactNode;
  action?: ReactNode;
  alert?: boolean;
  className?: string;
}) {
  const style = {
    plain: "bg-card",
    accent: "bg-accent-soft border-transparent",
    warning: "bg-warning-soft border-transparent [&_[data-mark]]:text-warning",
    destructive: "bg-destructive-soft border-transparent [&_[data-mark]]:text-destructive",
    positive: "bg-positive-soft border-transparent",
  }[tone];
  return (
    <div {...(alert ? { role: "alert" } : {})} className={cn("flex flex-wrap items-center gap-x-4 gap-y-3 rounded-xl border px-4 py-3", style, className)}>
      <div className="flex min-w-0 flex-1 basis-60 gap-2.5">
        {tone === "warning" || tone === "destructive" ? <TriangleAlert aria-hidden data-mark className="mt-0.5 size-4 shrink-0" /> : null}
        <div className="min-w-0 text-[0.8125rem] leading-5">
          <p className="font-medium">{title}</p>
          {children ? <div className="text-muted-foreground text-pretty break-words">{children}</div> : null}
        </div>
      </div>
      {action ? <div className="flex shrink-0 flex-wrap gap-2">{action}</div> : null}
    </div>
  );
}
