import { useQueryClient } from "@tanstack/react-query";
import { RotateCw, SearchX, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";

import { ApiError, describe } from "@/api/problem";
import { Words } from "@/components/words";
import { Button } from "@/components/ui/button";
import { cn } from "@/lib/cn";

/**
 * A read failed: the problem's own words and a way to try again, which tries whatever else on the page failed, too.
 * What is not there is not there the second time either: then `back` leads to what is.
 */
export function ErrorState({ error, onRetry, back, className }: { error: unknown; onRetry?: () => void; back?: ReactNode; className?: string }) {
  const queryClient = useQueryClient();
  const { title, detail } = describe(error);
  const missing = error instanceof ApiError && error.status === 404;
  const Icon = missing ? SearchX : TriangleAlert;
  const again = () => {
    onRetry?.();
    void queryClient.refetchQueries({ type: "active", predicate: ({ state }) => state.status === "error" }, { cancelRefetch: false });
  };
  return (
    <div role="alert" className={cn("flex flex-col items-center justify-center px-6 py-12 text-center", className)}>
      <div className={cn("mb-3 grid size-10 place-items-center rounded-xl", missing ? "bg-muted text-muted-foreground border" : "bg-destructive-soft text-destructive")}>
        <Icon aria-hidden className="size-5" strokeWidth={1.75} />
      </div>
      <p className="text-sm font-semibold">{title}</p>
      <p className="text-muted-foreground mt-1 max-w-md text-[0.8125rem] text-pretty break-words first-letter:uppercase"><Words text={detail} /></p>
      {missing ? (
        back ? (
          <Button asChild variant="outline" size="sm" className="mt-4">
            {back}
          </Button>
        ) : null
      ) : onRetry ? (
        <Button variant="outline" size="sm" className="mt-4" onClick={again}>
          <RotateCw /> Try again
        </Button>
      ) : null}
    </div>
  );
}
