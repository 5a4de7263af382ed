import type { ReactNode } from "react";
import { useEffect } from "react";

import { cn } from "@/lib/cn";

/** A page's frame: its title (also the tab's), a sentence, its own controls, its content. */
export function Page({
  title,
  description,
  actions,
  children,
  narrow = false,
}: {
  title: string;
  description?: ReactNode;
  actions?: ReactNode;
  children: ReactNode;
  narrow?: boolean;
}) {
  useEffect(() => {
    document.title = `${title} · Adroit`;
  }, [title]);
  return (
    <div className={cn("mx-auto w-full space-y-5 px-4 py-5 sm:px-6 lg:px-8 lg:py-7", narrow ? "max-w-4xl" : "max-w-[90rem]")}>
      <div className="flex flex-wrap items-end justify-between gap-x-6 gap-y-3">
        <div className="min-w-0">
          <h1 className="text-xl leading-7 font-semibold">{title}</h1>
          {description ? <p className="text-muted-foreground mt-0.5 max-w-2xl text-sm text-pretty">{description}</p> : null}
        </div>
        {actions ? <div className="flex flex-wrap items-center gap-2">{actions}</div> : null}
      </div>
      {children}
    </div>
  );
}
