import { Badge, type BadgeVariant } from "@/components/ui/badge";

const STATUS: Record<string, [string, BadgeVariant]> = {
  draft: ["Draft", "secondary"],
  running: ["Running", "default"],
  decided: ["Decided", "positive"],
  stopped: ["Stopped", "outline"],
};

export function ExperimentBadge({ status }: { status: string }) {
  const [label, variant] = STATUS[status] ?? [status, "secondary"];
  return (
    <Badge variant={variant}>
      {status === "running" ? <span aria-hidden className="bg-link size-1.5 rounded-full motion-safe:animate-pulse" /> : null}
      {label}
    </Badge>
  );
}
