import { channelColor } from "@/lib/channels";
import { cn } from "@/lib/cn";

/** A channel's name with its colour. */
export function Channel({ name, detail, className }: { name: string; detail?: string; className?: string }) {
  return (
    <span className={cn("inline-flex min-w-0 items-center gap-2", className)}>
      <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: channelColor(name) }} />
      <span className="truncate">
        {name}
        {detail ? <span className="text-muted-foreground"> · {detail}</span> : null}
      </span>
    </span>
  );
}
