import { RotateCw, TriangleAlert } from "lucide-react";

import { describe } from "@/api/problem";
import { Words } from "@/components/words";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

/** A read failed: the problem's own words and a way to try again. */
export function ErrorState({ error, onRetry, className }: { error: unknown; onRetry?: () => void; className?: string }) {
  const { title, detail } = describe(error);
  return (
    <div role="alert" className={cn("flex flex-col items-center justify-center px-6 py-12 text-center", className)}>
      <div className="bg-destructive-soft text-destructive mb-3 grid size-10 place-items-center rounded-xl">
        <TriangleAlert aria-hidden className="size-5" strokeWidth={1.75} />
      </div>
      <p className="text-sm font-semibold">{title}</p>
      <p className="text-muted-foreground mt-1 max-w-md text-[0.8125rem] text-pretty break-words"><Words text={detail} /></p>
      {onRetry ? (
        <Button variant="outline" size="sm" className="mt-4" onClick={onRetry}>
          <RotateCw /> Try again
        </Button>
      ) : null}
    </div>
  );
}
