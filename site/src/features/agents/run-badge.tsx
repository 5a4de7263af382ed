import { Badge, type BadgeVariant } from "@/components/ui/badge";

const STATUS: Record<string, [string, BadgeVariant]> = {
  queued: ["Queued", "secondary"],
  running: ["Running", "default"],
  succeeded: ["Done", "positive"],
  failed: ["Failed", "destructive"],
  cancelled: ["Cancelled", "outline"],
};

export const RUN_STATUSES = Object.entries(STATUS).map(([value, [label]]) => ({ value, label }));

export function RunBadge({ status }: { status: string }) {
  const [label, variant] = STATUS[status] ?? [status, "secondary"];
  return (
    <Badge variant={variant}>
      {status === "running" ? <span aria-hidden className="bg-link size-1.5 rounded-full motion-safe:animate-pulse" /> : null}
      {label}
    </Badge>
  );
}
