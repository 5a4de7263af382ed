import { cn } from "@/lib/cn";

/** How far something is, 0 to 1; while nobody can say, the bar only moves. */
export function ProgressBar({ label, done, failed = false, className }: { label: string; done: number | null; failed?: boolean; className?: string }) {
  return (
    <span
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      {...(done === null ? {} : { "aria-valuenow": Math.round(done * 100) })}
      className={cn("bg-muted block h-1.5 overflow-hidden rounded-full", className)}
    >
      <span
        className={cn("block h-full rounded-full transition-[width] duration-500", failed ? "bg-destructive" : "bg-primary", done === null && "animate-pulse")}
        style={{ width: `${done === null ? 8 : Math.max(3, done * 100)}%` }}
      />
    </span>
  );
}
