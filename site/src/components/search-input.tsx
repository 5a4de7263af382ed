import { Search, X } from "lucide-react";
import { useEffect, useRef, useState } from "react";

import { Input } from "@/components/ui/input";
import { cn } from "@/lib/cn";

/** A search box whose text follows the URL and reaches it when typing pauses. */
export function SearchInput({
  label,
  placeholder,
  value,
  onChange,
  className,
}: {
  label: string;
  placeholder?: string;
  value: string;
  onChange: (value: string) => void;
  className?: string;
}) {
  const [typed, setTyped] = useState(value);
  const [seen, setSeen] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  if (value !== seen) {
    setSeen(value);
    setTyped(value);
  }
  useEffect(() => () => clearTimeout(timer.current), []);
  const change = (next: string, delay: number) => {
    setTyped(next);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => onChange(next.trim()), delay);
  };
  return (
    <div role="search" className={cn("relative", className)}>
      <Search aria-hidden className="text-muted-foreground pointer-events-none absolute top-2 left-2.5 size-4" />
      <Input
        aria-label={label}
        placeholder={placeholder ?? label}
        value={typed}
        onChange={(event) => change(event.target.value, 250)}
        onKeyDown={(event) => {
          if (event.key === "Enter") change(typed, 0);
          if (event.key === "Escape" && typed) change("", 0);
        }}
        className="px-8"
      />
      {typed ? (
        <button
          type="button"
          aria-label="Clear search"
          onClick={() => change("", 0)}
          className="focus-ring text-muted-foreground hover:text-foreground absolute top-1.5 right-1.5 grid size-5 place-items-center rounded-sm"
        >
          <X className="size-3.5" />
        </button>
      ) : null}
    </div>
  );
}
