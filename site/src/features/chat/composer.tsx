import { ArrowUp, Square } from "lucide-react";
import { type KeyboardEvent, type RefObject, useEffect, useId, useMemo, useRef, useState } from "react";

import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";
import { plural } from "@/lib/format";

import { type Command, commandOf, missing, type Offer, offersFor } from "./commands";

/** Longest thing that can be said: a question has at most 500 characters, a tool may be given a whole document. */
const MOST = 20_000;

/** The line to say something in, with what can follow a slash above it. */
export function Composer({
  field,
  text,
  onText,
  commands,
  values,
  busy,
  onSend,
  onStop,
}: {
  field: RefObject<HTMLTextAreaElement | null>;
  text: string;
  onText: (text: string) => void;
  commands: readonly Command[];
  values: (input: string) => { value: string; label: string }[];
  busy: boolean;
  onSend: (text: string) => void;
  onStop: () => void;
}) {
  const id = useId();
  const [caret, setCaret] = useState(text.length);
  const [shut, setShut] = useState<string | null>(null);
  const [chosen, setChosen] = useState<{ text: string; at: number }>({ text: "", at: -1 });
  const [lacking, setLacking] = useState<string[]>([]);
  const [focused, setFocused] = useState(false);
  const list = useRef<HTMLDivElement>(null);

  const place = Math.min(caret, text.length);
  const offers = useMemo(() => offersFor(text, place, commands, values), [text, place, commands, values]);
  const named = commandOf(text.trim(), commands)?.command ?? null;
  const open = focused && offers.list.length > 0 && shut !== text;
  // A command that is not named yet is chosen by Enter; what it can be given only after an arrow key.
  const naming = offers.from === 0 && named === null;
  const at = chosen.text === text ? Math.min(chosen.at, offers.list.length - 1) : naming ? 0 : -1;
  const active = open ? offers.list[at] : undefined;

  useEffect(() => {
    list.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: "nearest" });
  }, [active]);

  const put = (offer: Offer) => {
    const after = text.slice(place).replace(/^\s+/, "");
    const next = `${text.slice(0, offers.from)}${offer.insert}${after}`;
    const end = offers.from + offer.insert.length;
    onText(next);
    setCaret(end);
    setLacking([]);
    // The caret goes behind what was put in, once the field holds it.
    requestAnimationFrame(() => {
      field.current?.focus();
      field.current?.setSelectionRange(end, end);
    });
  };

  const send = () => {
    const said = text.trim();
    if (!said || busy) return;
    const lacks = missing(said, commands);
    setLacking(lacks);
    if (lacks.length > 0) {
      const end = said.length + 1;
      onText(`${said} `);
      setCaret(end);
      setShut(null);
      return;
    }
    onSend(said);
  };

  const keys = (event: KeyboardEvent<HTMLTextAreaElement>) => {
    if (event.nativeEvent.isComposing) return;
    const move = (by: number) => {
      event.preventDefault();
      const count = offers.list.length;
      setChosen({ text, at: at < 0 ? (by > 0 ? 0 : count - 1) : (at + by + count) % count });
    };
    if (open && event.key === "ArrowDown") move(1);
    else if (open && event.key === "ArrowUp") move(-1);
    else if (open && event.key === "Escape") {
      event.preventDefault();
      setShut(text);
    } else if (open && event.key === "Tab" && !event.shiftKey) {
      const offer = active ?? offers.list[0];
      if (!offer) return;
      event.preventDefault();
      put(offer);
    } else if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      if (active) put(active);
      else send();
    }
  };

  return (
    <div className="relative">
      {open ? (
        <div
          ref={list}
          id={`${id}-list`}
          role="listbox"
          aria-label="What can follow"
          className="bg-popover text-popover-foreground shadow-pop thin-scroll absolute inset-x-0 bottom-full z-20 mb-2 max-h-[min(20rem,45svh)] overflow-y-auto rounded-xl p-1.5"
        >
          {offers.list.map((offer, index) => (
            <div key={`${offer.group} ${offer.key}`} role="presentation">
              {offer.group !== offers.list[index - 1]?.group ? (
                <div aria-hidden className="text-muted-foreground px-2.5 pt-1.5 pb-1 text-2xs font-medium">
                  {offer.group === "Takes" ? `${offers.command?.title ?? "It"} takes` : offer.group}
                </div>
              ) : null}
              {/* The keys are the field's: it keeps the focus and says which one is active. */}
              {/* eslint-disable-next-line jsx-a11y/click-events-have-key-events, jsx-a11y/interactive-supports-focus */}
              <div
                id={`${id}-${index}`}
                role="option"
                aria-selected={index === at}
                onMouseDown={(event) => event.preventDefault()}
                onMouseMove={() => setChosen({ text, at: index })}
                onClick={() => put(offer)}
                className="aria-selected:bg-accent flex cursor-pointer items-baseline gap-x-3 gap-y-0.5 rounded-md px-2.5 py-1.5 text-[0.8125rem] max-sm:flex-col"
              >
                <span className="flex shrink-0 items-center gap-2 sm:w-56">
                  <span className={cn("min-w-0 truncate", offer.group === "Values" ? "font-medium" : "font-mono text-xs font-medium")}>{offer.label}</span>
                  {offer.required ? <Badge variant="outline">needed</Badge> : null}
                </span>
                <span className="text-muted-foreground w-full min-w-0 flex-1 truncate text-xs">{offer.title && offer.group !== "Agents" ? <span className="text-foreground">{offer.title}. </span> : null}{offer.hint}</span>
                {offer.changes ? (
                  <Badge variant="warning" className="self-center max-sm:hidden">
                    asks first
                  </Badge>
                ) : null}
              </div>
            </div>
          ))}
        </div>
      ) : null}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          send();
        }}
        className="bg-card shadow-pop focus-within:border-ring focus-within:ring-ring/25 flex items-end gap-2 rounded-2xl border py-1.5 pr-1.5 pl-4 transition-[border-color,box-shadow] focus-within:ring-3"
      >
        <label htmlFor={id} className="sr-only">
          Ask a question, or type / for agents and tools
        </label>
        <textarea
          ref={field}
          id={id}
          rows={1}
          value={text}
          maxLength={MOST}
          autoComplete="off"
          spellCheck={!text.startsWith("/")}
          enterKeyHint="send"
          aria-autocomplete="list"
          aria-controls={open ? `${id}-list` : undefined}
          aria-activedescendant={active ? `${id}-${at}` : undefined}
          aria-describedby={`${id}-hint`}
          placeholder="Ask, or / for agents and tools"
          onFocus={() => setFocused(true)}
          onBlur={() => setFocused(false)}
          onChange={(event) => {
            onText(event.target.value);
            setCaret(event.target.selectionStart);
            setLacking([]);
          }}
          onSelect={(event) => setCaret(event.currentTarget.selectionStart)}
          onKeyDown={keys}
          className={cn(
            "placeholder:text-muted-foreground/80 thin-scroll field-sizing-content max-h-40 min-h-9 min-w-0 flex-1 resize-none bg-transparent py-2 text-base leading-5 outline-none sm:text-sm",
            text.startsWith("/") && "font-mono sm:text-[0.8125rem]",
          )}
        />
        {busy ? (
          <Button key="stop" variant="secondary" size="icon" aria-label="Stop" onClick={onStop} className="size-9 rounded-xl">
            <Square className="fill-current size-3!" />
          </Button>
        ) : (
          <Button key="send" type="submit" size="icon" aria-label="Send" disabled={!text.trim()} className="size-9 rounded-xl">
            <ArrowUp />
          </Button>
        )}
      </form>
      <p id={`${id}-hint`} className={cn("mt-1.5 min-h-4 truncate px-4 text-2xs", lacking.length > 0 ? "text-destructive" : "text-muted-foreground max-sm:sr-only")} {...(lacking.length > 0 ? { role: "alert" } : {})}>
        {lacking.length > 0 ? (
          <>Still needed: {lacking.join(", ")}</>
        ) : named ? (
          <>
            {named.about}
            {named.changes ? " It asks you first." : ""}
          </>
        ) : open ? (
          "Arrow keys choose, Enter or Tab puts it in, Escape closes the list."
        ) : (
          "Enter sends, Shift and Enter begins a new line. What changes something asks you first."
        )}
      </p>
      <p role="status" className="sr-only">
        {open ? `${plural(offers.list.length, "suggestion")}, arrow keys choose` : ""}
      </p>
    </div>
  );
}
