import { Badge, type BadgeVariant } from "@/components/ui/badge";

const STATUS: Record<string, [string, BadgeVariant]> = {
  draft: ["Draft", "secondary"],
  in_review: ["In review", "warning"],
  approved: ["Approved", "default"],
  rejected: ["Rejected", "destructive"],
  scheduled: ["Scheduled", "default"],
  publishing: ["Publishing", "default"],
  live: ["Live", "positive"],
  paused: ["Paused", "outline"],
  ended: ["Ended", "secondary"],
  failed: ["Failed", "destructive"],
  rolled_back: ["Rolled back", "outline"],
};

export const CAMPAIGN_STATUSES = Object.entries(STATUS).map(([value, [label]]) => ({ value, label }));

export function CampaignStatusBadge({ status }: { status: string }) {
  const [label, variant] = STATUS[status] ?? [status, "secondary"];
  return (
    <Badge variant={variant}>
      {status === "live" ? <span aria-hidden className="bg-positive size-1.5 rounded-full" /> : null}
      {status === "publishing" ? <span aria-hidden className="bg-link size-1.5 animate-pulse rounded-full" /> : null}
      {label}
    </Badge>
  );
}
