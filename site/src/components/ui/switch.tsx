import { cn } from "@/lib/cn";

/** On or off, at once. */
export function Switch({ label, checked, onChange, disabled = false }: { label: string; checked: boolean; onChange: (checked: boolean) => void; disabled?: boolean }) {
  return (
    <button
      type="button"
      role="switch"
      aria-label={label}
      aria-checked={checked}
      disabled={disabled}
      onClick={() => onChange(!checked)}
      className={cn("focus-ring relative h-4.5 w-8 shrink-0 rounded-full transition-colors disabled:opacity-50", checked ? "bg-primary" : "bg-border-strong")}
    >
      <span aria-hidden className={cn("absolute top-0.5 left-0.5 size-3.5 rounded-full bg-white shadow-sm transition-transform", checked && "translate-x-3.5")} />
    </button>
  );
}
