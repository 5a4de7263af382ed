import { X } from "lucide-react";
import { useRef, useState } from "react";

import type { Control } from "@/components/field";

/** A list of short texts. Enter or a comma adds one, Backspace in an empty box takes the last one back. */
export function TagsInput({
  control,
  values,
  onChange,
  placeholder = "",
  accept = () => true,
  show = (text) => text,
  commas = true,
  swatch = false,
}: {
  control: Control;
  values: readonly string[];
  onChange: (values: string[]) => void;
  placeholder?: string;
  accept?: (text: string) => boolean;
  show?: (text: string) => string;
  /** Whether a comma ends a text. */
  commas?: boolean;
  /** Shows each text as a colour, too. */
  swatch?: boolean;
}) {
  const [typed, setTyped] = useState("");
  const box = useRef<HTMLInputElement>(null);
  const add = (text: string) => {
    const found = (commas ? text.split(",") : [text]).map((one) => one.trim()).filter((one) => one !== "");
    const good = found.filter((one) => accept(one));
    if (good.length > 0) onChange([...new Set([...values, ...good])]);
    setTyped(found.find((one) => !accept(one)) ?? "");
  };
  return (
    <div className="border-input bg-card shadow-card focus-within:border-ring focus-within:ring-ring/25 flex min-h-8 flex-wrap items-center gap-1 rounded-md border px-1.5 py-1 text-sm transition-[border-color,box-shadow] focus-within:ring-3">
      {values.map((value) => (
        <span key={value} className="bg-secondary inline-flex max-w-full items-center gap-1 rounded-sm py-0.5 pr-0.5 pl-2 text-[0.8125rem]">
          {swatch ? <span aria-hidden className="size-3 shrink-0 rounded-xs border" style={{ background: value }} /> : null}
          <span className="truncate">{show(value)}</span>
          <button
            type="button"
            aria-label={`Remove ${show(value)}`}
            onClick={() => {
              onChange(values.filter((one) => one !== value));
              box.current?.focus();
            }}
            className="focus-ring text-muted-foreground hover:text-foreground grid size-5 shrink-0 place-items-center rounded-sm"
          >
            <X className="size-3" />
          </button>
        </span>
      ))}
      <input
        {...control}
        ref={box}
        value={typed}
        placeholder={values.length === 0 ? placeholder : ""}
        autoComplete="off"
        onChange={(event) => (commas && event.target.value.includes(",") ? add(event.target.value) : setTyped(event.target.value))}
        onKeyDown={(event) => {
          if (event.key === "Enter" && typed.trim() !== "") {
            event.preventDefault();
            add(typed);
          }
          if (event.key === "Backspace" && typed === "" && values.length > 0) onChange(values.slice(0, -1));
        }}
        onBlur={() => add(typed)}
        className="placeholder:text-muted-foreground/80 min-w-20 flex-1 bg-transparent px-1 outline-none"
      />
    </div>
  );
}
