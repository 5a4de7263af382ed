import { useQuery } from "@tanstack/react-query";
import { Store } from "lucide-react";
import { useMemo } from "react";

import { channelsQuery, modelsQuery } from "@/api/queries";
import type { ChannelRow } from "@/api/types";
import { Channel } from "@/components/channel";
import { byNumber, type Column, columnsOf, DataTable } from "@/components/data-table/data-table";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { NoResults, NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { count, creditDigits, money, NONE, percent, ratio, readsWhole } from "@/lib/format";

import { DEFAULT_SORT } from "./search";

type Cell = (row: ChannelRow, currency: string, shape: { whole: boolean; digits: number }) => string;

/** The figures of a row, in the table's order. The same list makes the total row. */
const FIGURES: { id: keyof ChannelRow & string; label: string; cell: Cell }[] = [
  { id: "spend", label: "Spend", cell: (row, currency, { whole }) => money(row.spend, currency, { whole }) },
  { id: "value", label: "Revenue", cell: (row, currency, { whole }) => money(row.value, currency, { whole }) },
  { id: "conversions", label: "Orders", cell: (row, _, { digits }) => count(row.conversions, { digits }) },
  { id: "sessions", label: "Sessions", cell: (row) => count(row.sessions) },
  { id: "ctr", label: "CTR", cell: (row) => percent(row.ctr) },
  { id: "cvr", label: "CVR", cell: (row) => percent(row.cvr) },
  { id: "cpa", label: "CPA", cell: (row, currency) => money(row.spend > 0 ? row.cpa : null, currency) },
  { id: "roas", label: "ROAS", cell: (row) => ratio(row.roas) },
  { id: "aov", label: "AOV", cell: (row, currency) => money(row.aov, currency) },
];

const helper = columnsOf<ChannelRow>();

export function ChannelTable({
  model,
  sort,
  channel,
  onChange,
}: {
  model: string | undefined;
  sort: string | undefined;
  channel: string | undefined;
  onChange: (patch: Record<string, unknown>) => void;
}) {
  const scope = useScope();
  const models = useQuery(modelsQuery);
  const chosen = model ?? models.data?.default;
  const channels = useQuery(channelsQuery(scope.query, { model, by: "channel" }));
  const currency = channels.data?.currency ?? scope.site.currency;
  const rows = useMemo(
    () => (channels.data?.rows ?? []).filter((row) => !channel || row.channel === channel),
    [channels.data, channel],
  );
  const whole = readsWhole([channels.data?.total.spend, channels.data?.total.value], currency);
  const digits = creditDigits(rows.map((row) => row.conversions));
  const columns = useMemo<Column<ChannelRow>[]>(
    () => [
      helper.accessor("channel", { header: "Channel", cell: ({ getValue }) => <Channel name={getValue()} className="font-medium" />, sortFn: (a, b) => a.original.channel.localeCompare(b.original.channel) }),
      ...FIGURES.map(({ id, label, cell }) =>
        helper.accessor((row) => row[id], {
          id,
          header: label,
          cell: ({ row }) => <Figure text={cell(row.original, currency, { whole, digits })} faint={row.original[id] === 0} />,
          sortFn: byNumber((row: ChannelRow) => row[id] as number | null),
        }),
      ),
    ],
    [currency, whole, digits],
  );
  const total = channels.data?.total;

  return (
    <Card aria-label="Channels" className="overflow-hidden">
      <CardHeader className="border-b">
        <CardTitle>Channels</CardTitle>
        {models.data && chosen ? (
          <Select
            label="Attribution model"
            prefix="Model"
            className="ml-auto"
            align="end"
            value={chosen}
            onChange={(next) => onChange({ model: next === models.data.default ? undefined : next })}
            options={models.data.rows.map((one) => ({ value: one.id, label: one.label, hint: one.description }))}
          />
        ) : null}
      </CardHeader>
      {channels.isError ? (
        <ErrorState error={channels.error} onRetry={() => void channels.refetch()} />
      ) : channels.isPending ? (
        <TableSkeleton rows={8} columns={7} />
      ) : channels.data.rows.length === 0 ? (
        <NothingYet icon={Store} title="No channel has brought anyone in these days">
          As soon as the pixel sees a visit, the channel it came through appears here with what it cost and brought in.
        </NothingYet>
      ) : rows.length === 0 ? (
        <NoResults what="channels" onClear={() => onChange({ channel: undefined })} />
      ) : (
        <div className={cn("transition-opacity", channels.isPlaceholderData && "opacity-60")}>
          <DataTable
            label="Channels"
            rows={rows}
            columns={columns}
            sort={sort ?? DEFAULT_SORT}
            onSort={(next) => onChange({ sort: next === DEFAULT_SORT ? undefined : next })}
            rowKey={(row) => row.channel}
            align={{ channel: "left" }}
            {...(total && !channel
              ? {
                  footer: {
                    channel: (
                      <span className="flex items-baseline gap-2">
                        Total
                        <span className="text-muted-foreground text-xs font-medium" title="Marketing efficiency ratio: all revenue over all spend">
                          MER <span className="tabular text-foreground">{ratio(total.mer)}</span>
                        </span>
                      </span>
                    ),
                    ...Object.fromEntries(
                      FIGURES.map(({ id, cell }) => [id, cell({ ...total, channel: "", source: "" } as ChannelRow, currency, { whole, digits })]),
                    ),
                  },
                }
              : {})}
          />
        </div>
      )}
    </Card>
  );
}

function Figure({ text, faint }: { text: string; faint: boolean }) {
  return <span className={cn((faint || text === NONE) && "text-muted-foreground")}>{text}</span>;
}
