import { LoaderCircle } from "lucide-react";

import { Button } from "@/components/ui/button";

/** The end of a list that comes in pages. */
export function LoadMore({ has, loading, onMore, shown, what }: { has: boolean; loading: boolean; onMore: () => void; shown: number; what: string }) {
  return (
    <div className="text-muted-foreground flex min-h-12 items-center justify-between gap-3 border-t px-4 py-2 text-xs sm:px-5">
      <span role="status" className="tabular">
        {shown} {what} shown{has ? "" : ", that is all"}
      </span>
      {has ? (
        <Button variant="outline" size="sm" onClick={onMore} disabled={loading}>
          {loading ? <LoaderCircle className="animate-spin" /> : null} Show more
        </Button>
      ) : null}
    </div>
  );
}
