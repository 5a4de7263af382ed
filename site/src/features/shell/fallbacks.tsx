import { useQueryErrorResetBoundary } from "@tanstack/react-query";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { useEffect } from "react";

import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Skeleton } from "@/components/ui/skeleton";

export function PagePending() {
  return (
    <div role="status" aria-label="Loading" className="mx-auto w-full max-w-[90rem] space-y-5 px-4 py-5 sm:px-6 lg:px-8 lg:py-7">
      <Skeleton className="h-7 w-40" />
      <Skeleton className="h-56 w-full rounded-xl" />
      <Skeleton className="h-72 w-full rounded-xl" />
    </div>
  );
}

export function PageError({ error }: ErrorComponentProps) {
  const router = useRouter();
  const { reset } = useQueryErrorResetBoundary();
  useEffect(reset, [reset]);
  return <ErrorState error={error} onRetry={() => void router.invalidate()} className="min-h-[60vh]" />;
}

export function NotFound() {
  useEffect(() => {
    document.title = "Not found · Adroit";
  }, []);
  return (
    <div className="flex min-h-[60vh] flex-col items-center justify-center gap-1 px-6 text-center">
      <p className="text-muted-foreground tabular text-sm">404</p>
      <h1 className="text-lg font-semibold">There is no such page</h1>
      <p className="text-muted-foreground text-sm">The address may have a typing error, or the page has moved.</p>
      <Button asChild variant="outline" className="mt-4">
        <Link to="/">Go to the dashboard</Link>
      </Button>
    </div>
  );
}
