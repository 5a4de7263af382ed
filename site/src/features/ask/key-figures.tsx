import { useQuery } from "@tanstack/react-query";
import { Info } from "lucide-react";
import { useState } from "react";

import { type Kpi, kpisQuery } from "@/api/questions";
import { CodeBlock } from "@/components/code-block";
import { Delta } from "@/components/delta";
import { ErrorState } from "@/components/states/error";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Popover, PopoverContent, PopoverTrigger } from "@/components/ui/popover";
import { Skeleton } from "@/components/ui/skeleton";
import { useScope } from "@/hooks/use-scope";
import { rangeText } from "@/lib/dates";
import { change, figure } from "@/lib/format";

/** The figures everybody asks for, the first few until all are asked for. A tile opens what it says exactly, its days and its SQL. */
export function KeyFigures({ first, onAsk }: { first: number; onAsk: (question: string) => void }) {
  const { site } = useScope();
  const kpis = useQuery(kpisQuery(site.key));
  const [all, setAll] = useState(false);
  if (kpis.isError) {
    return (
      <Card aria-label="Key figures">
        <ErrorState error={kpis.error} onRetry={() => void kpis.refetch()} />
      </Card>
    );
  }
  const rows = kpis.data?.rows ?? [];
  return (
    <section aria-label="Key figures">
      <ul className="bg-border shadow-card grid grid-cols-2 gap-px overflow-hidden rounded-xl border md:grid-cols-4">
        {kpis.isPending
          ? Array.from({ length: first }, (_, tile) => (
              <li key={tile} className="bg-card h-25 px-4 py-3">
                <Skeleton className="h-3.5 w-24" />
                <Skeleton className="mt-2.5 h-6 w-28" />
              </li>
            ))
          : rows.slice(0, all ? undefined : first).map((kpi) => <Tile key={kpi.id} kpi={kpi} currency={kpis.data.currency} zone={kpis.data.time_zone} onAsk={onAsk} />)}
        {kpis.isPending ? <li className="sr-only" role="status">Loading</li> : null}
      </ul>
      {rows.length > first ? (
        <Button variant="link" size="sm" className="mt-1 px-0" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? "Show fewer" : `Show all ${rows.length} figures`}
        </Button>
      ) : null}
    </section>
  );
}

function Tile({ kpi, currency, zone, onAsk }: { kpi: Kpi; currency: string; zone: string; onAsk: (question: string) => void }) {
  const [open, setOpen] = useState(false);
  const days = { from: kpi.from, to: kpi.to };
  return (
    <li className="bg-card min-w-0">
      <Popover open={open} onOpenChange={setOpen}>
        <PopoverTrigger
          className="focus-ring group hover:bg-muted/60 data-[state=open]:bg-muted/60 flex h-25 w-full flex-col px-4 py-3 text-left -outline-offset-2 transition-colors"
        >
          <span className="text-muted-foreground flex w-full items-center gap-1.5 text-[0.8125rem] leading-5 font-medium">
            <span className="truncate">{kpi.title}</span>
            <Info aria-hidden className="ml-auto size-3.5 shrink-0 opacity-50 transition-opacity group-hover:opacity-100" />
          </span>
          <span className="tabular mt-0.5 block max-w-full truncate text-[1.375rem] leading-8 font-semibold tracking-[-0.02em]">{figure(kpi.value, kpi.unit, currency)}</span>
          <span className="flex max-w-full items-center gap-1.5">
            {change(kpi.value, kpi.previous) === null ? null : <Delta change={change(kpi.value, kpi.previous)} better={kpi.better} />}
            <span className="text-muted-foreground tabular hidden truncate text-2xs sm:inline">{rangeText(days)}</span>
          </span>
        </PopoverTrigger>
        <PopoverContent align="start" className="thin-scroll max-h-(--radix-popover-content-available-height) w-[min(28rem,calc(100vw-1.5rem))] space-y-3 overflow-y-auto p-4 text-[0.8125rem]">
          <div>
            <p className="font-semibold">{kpi.title}</p>
            <p className="text-muted-foreground mt-0.5 text-pretty">{kpi.definition}</p>
          </div>
          <dl className="tabular grid grid-cols-[1fr_auto] gap-x-4 gap-y-1">
            <dt className="text-muted-foreground">{rangeText(days)}</dt>
            <dd className="text-right font-medium">{figure(kpi.value, kpi.unit, currency)}</dd>
            <dt className="text-muted-foreground">{rangeText({ from: kpi.previous_from, to: kpi.previous_to })}</dt>
            <dd className="text-right font-medium">{figure(kpi.previous, kpi.unit, currency)}</dd>
          </dl>
          <p className="text-muted-foreground text-xs">Whole days in {zone}.</p>
          <CodeBlock label="SQL" code={kpi.sql} className="[&_pre]:max-h-40" />
          <Button
            variant="outline"
            size="sm"
            onClick={() => {
              setOpen(false);
              onAsk(kpi.question);
            }}
          >
            Ask this
          </Button>
        </PopoverContent>
      </Popover>
    </li>
  );
}
