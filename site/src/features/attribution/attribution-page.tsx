import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";

import { modelsQuery } from "@/api/queries";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { ErrorState } from "@/components/states/error";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { rangeText } from "@/lib/dates";

import { CreditSkeleton, CreditView } from "./credit-view";
import { ModelControls } from "./model-controls";
import { ModelsSkeleton, ModelsView } from "./models-view";
import { PathsView } from "./paths-view";
import { TestsView } from "./tests-view";

export function AttributionPage() {
  const search = useSearch({ from: "/app/attribution" });
  const patch = usePatchSearch();
  const scope = useScope();
  const models = useQuery(modelsQuery);
  const tab = search.tab ?? "credit";
  return (
    <Page
      title="Attribution"
      description={
        tab === "tests" ? (
          "What channels really add: switch one off, and see what is missing."
        ) : (
          <>
            Which touches earned the orders of <span className="tabular">{rangeText(scope.range)}</span>.
          </>
        )
      }
    >
      {models.isError ? (
        <Card>
          <ErrorState error={models.error} onRetry={() => void models.refetch()} />
        </Card>
      ) : models.isPending ? (
        <>
          <Card className="h-26 space-y-3 p-5">
            <Skeleton className="h-8 w-full max-w-2xl" />
            <Skeleton className="h-4 w-80 max-w-full" />
          </Card>
          <div className="pt-14">
            {tab === "credit" ? (
              <CreditSkeleton />
            ) : tab === "models" ? (
              <ModelsSkeleton />
            ) : (
              <Card>
                <TableSkeleton rows={10} columns={3} />
              </Card>
            )}
          </div>
        </>
      ) : (
        <>
          {tab === "tests" ? null : <ModelControls models={models.data.rows} fallback={models.data.default} search={search} onChange={patch} view={tab} />}
          <Tabs value={tab} onValueChange={(next) => patch({ tab: next === "credit" ? undefined : next, test: undefined })}>
            <TabsList aria-label="Attribution views">
              <TabsTrigger value="credit">Credit</TabsTrigger>
              <TabsTrigger value="models">Models</TabsTrigger>
              <TabsTrigger value="paths">Paths</TabsTrigger>
              <TabsTrigger value="tests">Tests</TabsTrigger>
            </TabsList>
            <TabsContent value="credit" className="pt-5">
              <CreditView models={models.data.rows} fallback={models.data.default} search={search} onChange={patch} />
            </TabsContent>
            <TabsContent value="models" className="pt-5">
              <ModelsView search={search} onChange={patch} />
            </TabsContent>
            <TabsContent value="paths" className="pt-5">
              <PathsView fallback={models.data.default} search={search} onChange={patch} />
            </TabsContent>
            <TabsContent value="tests" className="pt-5">
              <TestsView search={search} onChange={patch} />
            </TabsContent>
          </Tabs>
        </>
      )}
    </Page>
  );
}
