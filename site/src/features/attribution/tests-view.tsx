import { useQuery } from "@tanstack/react-query";
import { ChevronRight, Plus, Split } from "lucide-react";

import { type Holdout, holdoutsQuery } from "@/api/holdouts";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { useScope } from "@/hooks/use-scope";
import { channelColor } from "@/lib/channels";
import { percent } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";

import { NewTest } from "./new-test";
import type { AttributionSearch } from "./search";
import { TestReadout } from "./test-readout";
import { amount, between, counted, layout } from "./test-words";

/** Incrementality tests: which there are, a new one, or what one says. */
export function TestsView({ search, onChange }: { search: AttributionSearch; onChange: (patch: Record<string, unknown>) => void }) {
  const open = (test: string | undefined) => onChange({ test });
  if (search.test === "new") return <NewTest onMade={(id) => open(id)} onClose={() => open(undefined)} />;
  if (search.test) return <TestReadout id={search.test} onClose={() => open(undefined)} />;
  return <TestList onOpen={open} />;
}

function TestList({ onOpen }: { onOpen: (test: string) => void }) {
  const { site, me } = useScope();
  const asked = useQuery(holdoutsQuery(site.key));
  const editor = allows(me, "edit_experiments");
  const rows = asked.data?.rows ?? [];
  const plan = (
    <Button onClick={() => onOpen("new")}>
      <Plus /> New test
    </Button>
  );
  // All results on one scale: the widest interval is the widest bar.
  const reach = Math.max(
    0.05,
    ...rows.flatMap(({ readout }) => (readout ? [Math.abs(counted(readout).share.low), Math.abs(counted(readout).share.high ?? 0)] : [])),
  );
  return (
    <Card aria-label="Incrementality tests" className="overflow-hidden">
      {asked.isError ? (
        <ErrorState error={asked.error} onRetry={() => void asked.refetch()} />
      ) : asked.isPending ? (
        <TableSkeleton rows={3} columns={3} />
      ) : rows.length === 0 ? (
        <NothingYet icon={Split} title="No tests yet" className="py-20" action={editor ? plan : null}>
          Models share out orders; none knows which would have come anyway. Switch a channel off in some regions, or for a while, and see what is missing.
          {editor ? "" : ` Once ${whoMay("edit_experiments")} set one up, it appears here.`}
        </NothingYet>
      ) : (
        <>
          <CardHeader className="flex-wrap items-start border-b pt-4">
            <div className="min-w-0">
              <CardTitle>What channels really add</CardTitle>
              <CardDescription className="mt-0.5">Each was switched off somewhere, or for a while. Bars show what it added, as a part of what is sold with it.</CardDescription>
            </div>
            {editor ? <div className="ml-auto">{plan}</div> : null}
          </CardHeader>
          <ul className="divide-y">
            {rows.map((row) => (
              <Row key={row.id} row={row} reach={reach} onOpen={() => onOpen(row.id)} />
            ))}
          </ul>
        </>
      )}
    </Card>
  );
}

const STATUS: Record<string, [string, BadgeVariant]> = {
  planned: ["Planned", "secondary"],
  running: ["Running", "default"],
  ended: ["Over: take its result", "warning"],
  done: ["Done", "positive"],
  stopped: ["Stopped", "outline"],
};

export function TestBadge({ status }: { status: string }) {
  const [label, variant] = STATUS[status] ?? [status, "secondary"];
  return <Badge variant={variant}>{label}</Badge>;
}

function Row({ row, reach, onOpen }: { row: Holdout; reach: number; onOpen: () => void }) {
  const { readout, design } = row;
  const read = readout ? counted(readout) : null;
  return (
    <li>
      <button type="button" onClick={onOpen} className="focus-ring hover:bg-muted/60 grid w-full grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-2 px-4 py-3 text-left -outline-offset-2 transition-colors sm:grid-cols-[minmax(0,1fr)_15rem_auto] sm:px-5">
        <span className="min-w-0">
          <span className="flex flex-wrap items-center gap-x-2 gap-y-1">
            <span className="min-w-0 text-[0.8125rem] font-medium break-words">{row.name}</span>
            <TestBadge status={row.status} />
          </span>
          <span className="text-muted-foreground mt-0.5 flex items-center gap-1.5 text-xs">
            <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: channelColor(design.channel) }} />
            <span className="min-w-0">
              {design.channel} {layout(design)}
            </span>
          </span>
        </span>
        {readout && read ? (
          <span className="order-last col-span-2 min-w-0 sm:order-none sm:col-span-1">
            <Bar low={read.share.low} value={read.share.value} high={read.share.high ?? reach} reach={reach} color={channelColor(design.channel)} />
            <span className="tabular text-muted-foreground mt-1 block text-2xs">
              {amount(read.incremental.value, readout)} {readout.outcome === "orders" ? "orders" : ""} · {percent(read.share.value, { digits: 0 })} ({between(read.share, (value) => percent(value, { digits: 0 }))})
            </span>
          </span>
        ) : null}
        <ChevronRight aria-hidden className="text-muted-foreground size-4 shrink-0 sm:col-start-3" />
      </button>
    </li>
  );
}

/** An interval around nothing: the line in the middle is no effect. */
export function Bar({ low, value, high, reach, color }: { low: number; value: number; high: number; reach: number; color: string }) {
  const at = (figure: number) => 50 + (50 * Math.max(-reach, Math.min(reach, figure))) / reach;
  return (
    <span aria-hidden className="bg-muted relative block h-2.5 rounded-full">
      <span className="bg-border-strong absolute -inset-y-0.5 left-1/2 w-px" />
      <span className="absolute inset-y-0 rounded-full opacity-40" style={{ left: `${at(low)}%`, width: `${Math.max(0.6, at(high) - at(low))}%`, background: color }} />
      <span className="absolute -inset-y-0.5 w-0.5 rounded-full" style={{ left: `${at(value)}%`, background: color }} />
    </span>
  );
}
