import { cn } from "@/lib/cn";

import { CopyButton } from "./copy-button";

/** Code to be copied. */
export function CodeBlock({ code, label, className }: { code: string; label: string; className?: string }) {
  return (
    <div className={cn("bg-muted/60 relative rounded-lg border", className)}>
      <div className="flex h-10 items-center justify-between border-b pr-1.5 pl-3.5">
        <span className="text-muted-foreground text-xs font-medium">{label}</span>
        <CopyButton text={code} />
      </div>
      {/* A scrolling area has to be reachable by keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre tabIndex={0} aria-label={label} className="focus-ring thin-scroll overflow-x-auto p-3.5 font-mono text-xs leading-5 -outline-offset-2">
        <code>{code}</code>
      </pre>
    </div>
  );
}
