import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ChevronRight, FlaskConical, Plus } from "lucide-react";
import { useState } from "react";

import { type Experiment, experimentsQuery } from "@/api/experiments";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Page } from "@/components/layout/page";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { useNow } from "@/hooks/use-now";
import { useScope } from "@/hooks/use-scope";
import { ago, percent, plural } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";

import { NewExperimentDialog } from "./new-experiment";
import { ExperimentBadge } from "./status-badge";

export function ExperimentsPage() {
  const { site, me } = useScope();
  const experiments = useQuery(experimentsQuery(site.key));
  const [making, setMaking] = useState(false);
  const editor = allows(me, "edit_experiments");
  const create = (
    <Button onClick={() => setMaking(true)}>
      <Plus /> New experiment
    </Button>
  );
  const rows = experiments.data?.rows ?? [];
  return (
    <Page title="Experiments" description="Variants of a page or a letter. Those that do better are shown more often, the best one stays." actions={editor && rows.length ? create : null}>
      <Card aria-label="Experiments" className="overflow-hidden">
        {experiments.isError ? (
          <ErrorState error={experiments.error} onRetry={() => void experiments.refetch()} />
        ) : experiments.isPending ? (
          <TableSkeleton rows={4} columns={3} />
        ) : rows.length === 0 ? (
          <NothingYet icon={FlaskConical} title="No experiments yet" className="py-24" action={editor ? create : null}>
            {editor ? "Name two variants and the event that counts; your page asks which one to show." : `Once ${whoMay("edit_experiments")} set one up, it appears here.`}
          </NothingYet>
        ) : (
          <ul className="divide-y">
            {rows.map((row) => (
              <Row key={row.id} row={row} />
            ))}
          </ul>
        )}
      </Card>
      {making ? <NewExperimentDialog onClose={() => setMaking(false)} /> : null}
    </Page>
  );
}

function Row({ row }: { row: Experiment }) {
  const now = useNow();
  const best = row.variants.reduce<Experiment["variants"][number] | null>((found, one) => ((one.probability_best ?? 0) > (found?.probability_best ?? 0) ? one : found), null);
  const shown = row.variants.reduce((sum, one) => sum + one.exposures, 0);
  const winner = row.variants.find((one) => one.key === row.winner);
  return (
    <li>
      <Link to="/experiments/$id" params={{ id: row.id }} className="focus-ring hover:bg-muted/60 flex items-center gap-3 px-4 py-3 -outline-offset-2 transition-colors sm:px-5">
        <span className="min-w-0 flex-1">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className="min-w-0 text-[0.8125rem] font-medium break-words">{row.name}</span>
            <ExperimentBadge status={row.status} />
          </span>
          <span className="text-muted-foreground mt-0.5 block truncate text-xs">
            {plural(row.variants.length, "variant")} · counts {row.metric}
            {winner ? ` · ${winner.name} won` : best?.probability_best != null ? ` · ${best.name} is best with ${percent(best.probability_best, { digits: 0 })}` : ""}
          </span>
        </span>
        <span className="text-muted-foreground hidden shrink-0 text-right text-xs sm:block">
          <span className="tabular block">{plural(shown, "visitor")}</span>
          <span className="block">{row.started_at ? `started ${ago(row.started_at, now)}` : `made ${ago(row.created_at, now)}`}</span>
        </span>
        <ChevronRight aria-hidden className="text-muted-foreground size-4 shrink-0" />
      </Link>
    </li>
  );
}
