import { ToggleGroup } from "radix-ui";
import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

export interface Segment<T extends string> {
  value: T;
  label: ReactNode;
  /** Spoken name, when the label is an abbreviation or an icon. */
  name?: string;
  disabled?: boolean;
}

/** One choice out of a few, all in sight. Arrow keys move, like radio buttons. */
export function Segmented<T extends string>({
  label,
  value,
  onChange,
  segments,
  className,
}: {
  label: string;
  value: T;
  onChange: (value: T) => void;
  segments: readonly Segment<T>[];
  className?: string;
}) {
  return (
    <ToggleGroup.Root
      type="single"
      aria-label={label}
      value={value}
      onValueChange={(next) => {
        if (next) onChange(next as T);
      }}
      className={cn("bg-muted inline-flex max-w-full gap-0.5 overflow-x-auto rounded-md p-0.5 [scrollbar-width:none]", className)}
    >
      {segments.map((segment) => (
        <ToggleGroup.Item
          key={segment.value}
          value={segment.value}
          disabled={segment.disabled ?? false}
          {...(segment.name ? { "aria-label": segment.name } : {})}
          className="focus-ring text-muted-foreground hover:text-foreground data-[state=on]:bg-card data-[state=on]:text-foreground data-[state=on]:shadow-card dark:data-[state=on]:bg-accent inline-flex h-7 shrink-0 items-center gap-1.5 rounded-sm px-2.5 text-xs font-medium whitespace-nowrap -outline-offset-2 transition-colors disabled:opacity-40 [&_svg]:size-3.5"
        >
          {segment.label}
        </ToggleGroup.Item>
      ))}
    </ToggleGroup.Root>
  );
}
