import { ArrowDownRight, ArrowUpRight, Minus } from "lucide-react";

import { cn } from "@/lib/cn";
import { changeText, tone } from "@/lib/format";

/** A change against the period before; green and red follow whether it is good, not whether it is up. */
export function Delta({ change, better, className }: { change: number | null; better: string; className?: string }) {
  const mood = tone(change, better);
  const Icon = change === null || Math.abs(change) < 0.0005 ? Minus : change > 0 ? ArrowUpRight : ArrowDownRight;
  return (
    <span
      className={cn(
        "tabular inline-flex items-center gap-0.5 text-xs font-medium",
        mood === "good" ? "text-positive" : mood === "bad" ? "text-destructive" : "text-muted-foreground",
        className,
      )}
    >
      <Icon aria-hidden className="size-3.5" />
      {changeText(change)}
    </span>
  );
}
