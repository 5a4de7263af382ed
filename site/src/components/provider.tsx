import { FlaskConical, Infinity as Loop, type LucideIcon, Mail, Search } from "lucide-react";

import { cn } from "@/lib/cn";

const MARKS: Record<string, { icon: LucideIcon; color: string }> = {
  sandbox: { icon: FlaskConical, color: "var(--channel-referral)" },
  meta: { icon: Loop, color: "var(--channel-paid-social)" },
  google_ads: { icon: Search, color: "var(--channel-paid-search)" },
  klaviyo: { icon: Mail, color: "var(--channel-email)" },
};

/** A provider's mark: one sign and the colour its channel has everywhere else. */
export function ProviderMark({ type, size = "md", className }: { type: string; size?: "sm" | "md" | "lg"; className?: string }) {
  const { icon: Icon, color } = MARKS[type] ?? { icon: FlaskConical, color: "var(--channel-other)" };
  return (
    <span
      aria-hidden
      className={cn(
        "grid shrink-0 place-items-center rounded-md",
        { sm: "size-5 rounded-sm [&_svg]:size-3", md: "size-7 [&_svg]:size-4", lg: "size-10 rounded-lg [&_svg]:size-5" }[size],
        className,
      )}
      style={{ color, background: `color-mix(in oklch, ${color} 15%, transparent)` }}
    >
      <Icon strokeWidth={2} />
    </span>
  );
}

/** The channels something runs on, as marks that are read out by name. */
export function ProviderMarks({ channels }: { channels: readonly { id: string; type: string; name: string }[] }) {
  if (channels.length === 0) return <span className="text-muted-foreground">–</span>;
  return (
    <span className="flex items-center gap-1" title={channels.map((one) => one.name).join(", ")}>
      {channels.map((one) => (
        <ProviderMark key={one.id} type={one.type} size="sm" />
      ))}
      <span className="sr-only">{channels.map((one) => one.name).join(", ")}</span>
    </span>
  );
}
