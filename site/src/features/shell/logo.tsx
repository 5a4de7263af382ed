import { cn } from "@/lib/cn";

export function Logo({ className }: { className?: string }) {
  return (
    <svg aria-hidden viewBox="0 0 32 32" className={cn("size-6 shrink-0", className)}>
      <rect width="32" height="32" rx="8" className="fill-primary" />
      <path d="M8 23 14.6 8.6a1.5 1.5 0 0 1 2.8 0L24 23" fill="none" className="stroke-primary-foreground" strokeWidth="3" strokeLinecap="round" />
      <circle cx="16" cy="20" r="2.4" className="fill-primary-foreground" />
    </svg>
  );
}
