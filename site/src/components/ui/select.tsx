import { Check, ChevronDown } from "lucide-react";
import { Select as Primitive } from "radix-ui";
import type { ReactNode } from "react";

import { cn } from "@/lib/cn";

export interface Option<T extends string> {
  value: T;
  label: string;
  /** A second line. */
  hint?: string;
  icon?: ReactNode;
}

/** A labelled choice out of many. */
export function Select<T extends string>({
  label,
  value,
  onChange,
  options,
  prefix,
  className,
  align = "start",
}: {
  label: string;
  value: T;
  onChange: (value: T) => void;
  options: readonly Option<T>[];
  /** Shown before the value, muted: "Model: Last touch". */
  prefix?: string;
  className?: string;
  align?: "start" | "end";
}) {
  return (
    <Primitive.Root value={value} onValueChange={(next) => onChange(next as T)}>
      <Primitive.Trigger
        aria-label={label}
        className={cn(
          "focus-ring border-input bg-card hover:bg-accent shadow-card inline-flex h-8 max-w-full items-center gap-1.5 rounded-md border px-2.5 text-[0.8125rem] font-medium whitespace-nowrap transition-colors",
          className,
        )}
      >
        {prefix ? <span className="text-muted-foreground font-normal">{prefix}</span> : null}
        <span className="truncate">
          <Primitive.Value />
        </span>
        <Primitive.Icon asChild>
          <ChevronDown className="text-muted-foreground size-3.5 shrink-0" />
        </Primitive.Icon>
      </Primitive.Trigger>
      <Primitive.Portal>
        <Primitive.Content
          position="popper"
          sideOffset={6}
          align={align}
          collisionPadding={8}
          className="bg-popover text-popover-foreground shadow-pop animate-in fade-in-0 zoom-in-97 z-50 max-h-(--radix-select-content-available-height) min-w-(--radix-select-trigger-width) origin-(--radix-select-content-transform-origin) overflow-hidden rounded-lg duration-100"
        >
          <Primitive.Viewport className="thin-scroll p-1">
            {options.map((option) => (
              <Primitive.Item
                key={option.value}
                value={option.value}
                className="focus:bg-accent relative flex max-w-80 items-start gap-2 rounded-sm py-1.5 pr-8 pl-2 text-[0.8125rem] outline-none select-none"
              >
                {option.icon}
                <span className="min-w-0">
                  <Primitive.ItemText>{option.label}</Primitive.ItemText>
                  {option.hint ? <span className="text-muted-foreground block text-xs text-pretty">{option.hint}</span> : null}
                </span>
                <Primitive.ItemIndicator className="absolute top-2 right-2">
                  <Check className="text-link size-3.5" />
                </Primitive.ItemIndicator>
              </Primitive.Item>
            ))}
          </Primitive.Viewport>
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
