import { useState } from "react";

import type { Control } from "@/components/field";
import { Input } from "@/components/ui/input";
import { cn } from "@/lib/cn";
import { moneyText, parseMoney } from "@/lib/money";

/** An amount in major units as people type it; hands on minor units. Text that is no amount is told by `onError`. */
export function MoneyInput({
  control,
  currency,
  value,
  onChange,
  onError,
  placeholder,
  disabled = false,
  className,
}: {
  control: Control;
  currency: string;
  value: number | null;
  onChange: (minor: number | null) => void;
  onError?: (error: string | undefined) => void;
  placeholder?: string;
  disabled?: boolean;
  className?: string;
}) {
  const [typed, setTyped] = useState(() => moneyText(value, currency));
  const [seen, setSeen] = useState(value);
  if (value !== seen) {
    // Changed from outside: by a reload or a suggestion.
    setSeen(value);
    setTyped(moneyText(value, currency));
  }
  return (
    <div className={cn("relative", className)}>
      <Input
        {...control}
        inputMode="decimal"
        autoComplete="off"
        disabled={disabled}
        placeholder={placeholder ?? ""}
        value={typed}
        onChange={(event) => {
          setTyped(event.target.value);
          const parsed = parseMoney(event.target.value, currency);
          onError?.(parsed.error);
          if (parsed.error === undefined) {
            setSeen(parsed.minor);
            onChange(parsed.minor);
          }
        }}
        onBlur={() => {
          const parsed = parseMoney(typed, currency);
          if (parsed.error === undefined) setTyped(moneyText(parsed.minor, currency));
        }}
        className="tabular pr-12"
      />
      <span aria-hidden className="text-muted-foreground pointer-events-none absolute inset-y-0 right-2.5 flex items-center text-xs">
        {currency}
      </span>
    </div>
  );
}
