import { Skeleton } from "@/components/ui/skeleton";

/** Rows of the height a `DataTable`'s rows have, so nothing moves when they arrive. */
export function TableSkeleton({ rows = 6, columns = 6 }: { rows?: number; columns?: number }) {
  return (
    <div role="status" aria-label="Loading">
      <div className="h-9 border-b" />
      {Array.from({ length: rows }, (_, row) => (
        <div key={row} className="flex h-11 items-center gap-6 border-b px-4 last:border-b-0 sm:px-5">
          <Skeleton className="h-3.5" style={{ width: 90 + ((row * 37) % 60) }} />
          <div className="ml-auto hidden gap-8 sm:flex">
            {Array.from({ length: columns }, (_, column) => (
              <Skeleton key={column} className="h-3.5 w-12" />
            ))}
          </div>
          <Skeleton className="ml-auto h-3.5 w-14 sm:hidden" />
        </div>
      ))}
    </div>
  );
}
