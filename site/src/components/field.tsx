import { type ReactNode, useId } from "react";

import { Words } from "@/components/words";
import { Label } from "@/components/ui/label";
import { cn } from "@/lib/cn";

export interface Control {
  id: string;
  "aria-invalid": boolean;
  "aria-describedby": string | undefined;
}

/** One labelled field of a form: what it is for, how long it is, what is wrong with it. */
export function Field({
  label,
  hint,
  error,
  warning,
  counter,
  optional = false,
  hideLabel = false,
  className,
  children,
}: {
  label: string;
  hint?: ReactNode;
  error?: string | undefined;
  warning?: string | undefined;
  counter?: ReactNode;
  optional?: boolean;
  hideLabel?: boolean;
  className?: string;
  children: (control: Control) => ReactNode;
}) {
  const id = useId();
  const said = [hint ? `${id}-hint` : "", error || warning ? `${id}-said` : ""].filter(Boolean).join(" ");
  return (
    <div className={cn("min-w-0 space-y-1.5", className)}>
      <div className={cn("flex items-baseline gap-2", hideLabel && !counter && "sr-only")}>
        <Label htmlFor={id} className={cn(hideLabel && "sr-only")}>
          {label}
          {optional ? <span className="text-muted-foreground font-normal"> (optional)</span> : null}
        </Label>
        {counter ? <span className="ml-auto">{counter}</span> : null}
      </div>
      {children({ id, "aria-invalid": Boolean(error), "aria-describedby": said || undefined })}
      {error || warning ? (
        <p id={`${id}-said`} className={cn("text-xs text-pretty", error ? "text-destructive" : "text-warning")}>
          <Words text={error ?? warning ?? ""} />
        </p>
      ) : null}
      {hint ? (
        <p id={`${id}-hint`} className="text-muted-foreground text-xs text-pretty">
          {hint}
        </p>
      ) : null}
    </div>
  );
}
