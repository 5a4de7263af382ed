import { cn } from "@/lib/cn";
import { percent } from "@/lib/format";

export interface Share {
  key: string;
  label: string;
  color: string;
  value: number;
}

const EASE = "620ms cubic-bezier(0.3, 0.7, 0.2, 1)";

/** How a whole divides, as one bar. The parts keep their order, so a new division slides their borders. */
export function ShareBar({
  label,
  shares,
  labelled = true,
  className,
}: {
  label: string;
  shares: readonly Share[];
  labelled?: boolean;
  className?: string;
}) {
  const total = shares.reduce((sum, share) => sum + Math.max(0, share.value), 0);
  return (
    <div
      role="img"
      aria-label={`${label}: ${shares.map((share) => `${share.label} ${percent(total ? share.value / total : 0, { digits: 1 })}`).join(", ")}`}
      className={cn("bg-muted flex h-9 gap-px overflow-hidden rounded-md", className)}
    >
      {shares.map((share) => {
        const part = total ? Math.max(0, share.value) / total : 0;
        return (
          <div
            key={share.key}
            title={`${share.label} ${percent(part, { digits: 1 })}`}
            className="@container flex min-w-0 items-center justify-center overflow-hidden"
            style={{ flexGrow: part * 1000, flexBasis: 0, background: share.color, transition: `flex-grow ${EASE}` }}
          >
            {labelled ? (
              <span className="bg-card text-foreground tabular hidden rounded-sm px-1 text-2xs leading-4 font-semibold @min-[2.75rem]:block">{percent(part, { digits: 0 })}</span>
            ) : null}
          </div>
        );
      })}
    </div>
  );
}
