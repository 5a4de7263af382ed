import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { CalendarPlus, ChevronLeft, ChevronRight, CircleStop, LoaderCircle, type LucideIcon, Pause, Rocket, StickyNote } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { calendarQuery, campaignsQuery, changeEntry, createEntry, deleteEntry } from "@/api/campaigns";
import type { CalendarEntry, Flight } from "@/api/loop-types";
import { ApiError, describe } from "@/api/problem";
import { Field } from "@/components/field";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { ErrorState } from "@/components/states/error";
import { NothingYet } from "@/components/states/empty";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Dialog, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { useCreate } from "@/hooks/use-create";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { dateTime, longDay, time } from "@/lib/format";
import { byDay, monthGrid, monthName, shiftMonth } from "@/lib/month";
import { allows } from "@/lib/roles";
import { tell } from "@/lib/told";
import { fromLocal, toLocal, zoneName } from "@/lib/zoned";

const KINDS: Record<CalendarEntry["kind"], { label: string; icon: LucideIcon; style: string; hint: string }> = {
  launch: { label: "Launch", icon: Rocket, style: "text-link", hint: "Publishes an approved campaign" },
  pause: { label: "Pause", icon: Pause, style: "text-warning", hint: "Pauses a live campaign" },
  end: { label: "End", icon: CircleStop, style: "text-destructive", hint: "Ends a campaign for good" },
  note: { label: "Note", icon: StickyNote, style: "text-muted-foreground", hint: "For people; nothing happens by itself" },
};

const STATUS: Record<CalendarEntry["status"], [string, BadgeVariant]> = {
  planned: ["Planned", "outline"],
  done: ["Done", "positive"],
  failed: ["Failed", "destructive"],
  cancelled: ["Cancelled", "secondary"],
};

const WEEKDAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

/** Entries shown in a day of the month before the rest is counted. */
const SHOWN = 3;

type Editing = { day: string } | { entry: CalendarEntry } | null;

export function CalendarPage() {
  const { site, today, me } = useScope();
  const search = useSearch({ from: "/app/calendar" });
  const patch = usePatchSearch();
  const now = useNow();
  const month = search.month ?? today.slice(0, 7);
  const view = search.view ?? "month";
  const grid = monthGrid(month);
  const from = grid[0]?.[0] ?? `${month}-01`;
  const to = grid.at(-1)?.at(-1) ?? `${month}-28`;
  const calendar = useQuery(calendarQuery(site.key, from, to));
  const [editing, setEditing] = useState<Editing>(null);
  const editor = allows(me, "edit_campaigns");
  const days = byDay(calendar.data?.entries ?? [], site.time_zone);
  const go = (by: number) => {
    const next = shiftMonth(month, by);
    patch({ month: next === today.slice(0, 7) ? undefined : next });
  };
  return (
    <Page
      title="Calendar"
      description={<>When campaigns launch, pause and end. Times are the site's: {zoneName(now, site.time_zone)}.</>}
      actions={
        <>
          <Segmented
            label="View"
            value={view}
            onChange={(next) => patch({ view: next === "month" ? undefined : next })}
            segments={[
              { value: "month", label: "Month" },
              { value: "list", label: "List" },
            ]}
          />
          {editor ? (
            <Button onClick={() => setEditing({ day: month === today.slice(0, 7) ? today : `${month}-01` })}>
              <CalendarPlus /> New entry
            </Button>
          ) : null}
        </>
      }
    >
      <Card aria-label={monthName(month)} className="overflow-hidden">
        <div className="flex items-center gap-2 border-b px-4 py-2.5 sm:px-5">
          <h2 aria-live="polite" className="text-sm font-semibold">
            {monthName(month)}
          </h2>
          {calendar.isFetching && !calendar.isPending ? <LoaderCircle aria-hidden className="text-muted-foreground size-3.5 animate-spin" /> : null}
          <div className="ml-auto flex items-center gap-1">
            {month === today.slice(0, 7) ? null : (
              <Button variant="outline" size="sm" onClick={() => patch({ month: undefined })}>
                Today
              </Button>
            )}
            <Button variant="ghost" size="icon-sm" aria-label="Month before" onClick={() => go(-1)}>
              <ChevronLeft />
            </Button>
            <Button variant="ghost" size="icon-sm" aria-label="Month after" onClick={() => go(1)}>
              <ChevronRight />
            </Button>
          </div>
        </div>
        <Flights flights={(calendar.data?.flights ?? []).filter((one) => one.status !== "draft" && one.status !== "ended")} month={month} />
        {calendar.isError ? (
          <ErrorState error={calendar.error} onRetry={() => void calendar.refetch()} />
        ) : calendar.isPending ? (
          view === "list" ? (
            <div role="status" aria-label="Loading" className="space-y-4 p-5">
              {[0, 1, 2, 3].map((row) => (
                <Skeleton key={row} className="h-9" />
              ))}
            </div>
          ) : (
            <div role="status" aria-label="Loading" className="bg-border grid grid-cols-7 gap-px">
              {grid.flat().map((day) => (
                <div key={day} className="bg-card h-16 p-2 sm:h-28">
                  <Skeleton className="size-4" />
                </div>
              ))}
            </div>
          )
        ) : view === "list" ? (
          <List days={days} month={month} onOpen={(entry) => setEditing({ entry })} />
        ) : (
          <Month grid={grid} month={month} days={days} onOpen={(entry) => setEditing({ entry })} onAdd={editor ? (day) => setEditing({ day }) : undefined} />
        )}
      </Card>
      <Dialog open={editing !== null} onOpenChange={(open) => (open ? undefined : setEditing(null))}>
        {editing ? <EntryDialog key={"entry" in editing ? editing.entry.id : editing.day} editing={editing} editor={editor} onClose={() => setEditing(null)} /> : null}
      </Dialog>
    </Page>
  );
}

/** Campaigns whose time touches the month, as bars over its days. */
function Flights({ flights, month }: { flights: readonly Flight[]; month: string }) {
  const { site } = useScope();
  const [all, setAll] = useState(false);
  if (flights.length === 0) return null;
  const first = fromLocal(`${month}-01T00:00`, site.time_zone) ?? 0;
  const last = fromLocal(`${shiftMonth(month, 1)}-01T00:00`, site.time_zone) ?? first + 1;
  const part = (at: number) => Math.min(1, Math.max(0, (at - first) / (last - first))) * 100;
  const shown = all ? flights : flights.slice(0, 5);
  return (
    <section aria-label="Campaigns" className="border-b px-4 py-3 sm:px-5">
      <ul className="space-y-1.5">
        {shown.map((one) => {
          const from = part(one.start_at ?? first);
          const to = part(one.end_at ?? last);
          return (
            <li key={one.campaign_id} className="grid grid-cols-[9rem_minmax(0,1fr)] items-center gap-3 sm:grid-cols-[14rem_minmax(0,1fr)]">
              <Link to="/campaigns/$id" params={{ id: one.campaign_id }} title={one.name} className="focus-ring hover:text-link truncate rounded-sm text-[0.8125rem]">
                {one.name}
              </Link>
              <span className="bg-muted relative h-4 overflow-hidden rounded-sm">
                <span
                  aria-hidden
                  className={cn("absolute inset-y-0 rounded-sm", one.status === "live" ? "bg-positive/45" : one.status === "paused" ? "bg-border-strong" : "bg-primary/35")}
                  style={{ left: `${from}%`, width: `${Math.max(1.5, to - from)}%` }}
                />
                <span className="sr-only">
                  {one.status.replace("_", " ")}, {one.start_at ? `from ${dateTime(one.start_at, site.time_zone)}` : "from publishing"} {one.end_at ? `to ${dateTime(one.end_at, site.time_zone)}` : "until ended"}
                </span>
              </span>
            </li>
          );
        })}
      </ul>
      {flights.length > shown.length ? (
        <button type="button" onClick={() => setAll(true)} className="focus-ring text-muted-foreground hover:text-foreground mt-2 rounded-sm text-xs font-medium">
          {flights.length - shown.length} more
        </button>
      ) : null}
    </section>
  );
}

function Chip({ entry, onOpen }: { entry: CalendarEntry; onOpen: (entry: CalendarEntry) => void }) {
  const { site } = useScope();
  const { icon: Icon, label, style } = KINDS[entry.kind];
  return (
    <button
      type="button"
      onClick={() => onOpen(entry)}
      title={`${time(entry.at, site.time_zone)} ${label}: ${entry.title}`}
      className={cn(
        "focus-ring hover:bg-accent bg-muted/70 flex w-full min-w-0 items-start gap-1 rounded-sm px-1.5 py-0.5 text-left text-xs transition-colors",
        entry.status === "cancelled" && "line-through opacity-60",
        entry.status === "failed" && "bg-destructive-soft text-destructive",
      )}
    >
      <Icon aria-label={label} className={cn("mt-0.5 size-3 shrink-0", style)} />
      <span className="tabular text-muted-foreground hidden 2xl:inline">{time(entry.at, site.time_zone)}</span>
      <span className="line-clamp-2 min-w-0 break-words">{entry.title}</span>
    </button>
  );
}

function Month({
  grid,
  month,
  days,
  onOpen,
  onAdd,
}: {
  grid: string[][];
  month: string;
  days: Map<string, CalendarEntry[]>;
  onOpen: (entry: CalendarEntry) => void;
  onAdd: ((day: string) => void) | undefined;
}) {
  const { today } = useScope();
  const patch = usePatchSearch();
  return (
    <table aria-label={monthName(month)} className="w-full table-fixed border-collapse">
      <thead>
        <tr>
          {WEEKDAYS.map((name) => (
            <th key={name} scope="col" className="text-muted-foreground border-b px-1 py-1.5 text-center text-2xs font-medium sm:px-2 sm:text-left">
              <abbr title={name} className="no-underline">
                {name.slice(0, 3)}
              </abbr>
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {grid.map((week) => (
          <tr key={week[0]}>
            {week.map((day) => {
              const entries = days.get(day) ?? [];
              const name = longDay(Date.parse(`${day}T12:00:00Z`), "UTC");
              const number = Number(day.slice(8));
              return (
                <td
                  key={day}
                  {...(day === today ? { "aria-current": "date" as const } : {})}
                  className={cn("group h-16 border-r border-b p-1 align-top last:border-r-0 sm:h-28 sm:p-1.5", !day.startsWith(month) && "bg-muted/40 text-muted-foreground")}
                >
                  <div className="flex items-center">
                    <span className={cn("tabular grid size-6 place-items-center rounded-full text-xs", day === today && "bg-primary text-primary-foreground font-semibold")}>
                      <span aria-hidden>{number}</span>
                      <span className="sr-only">{name}</span>
                    </span>
                    {onAdd ? (
                      <button
                        type="button"
                        aria-label={`New entry on ${name}`}
                        onClick={() => onAdd(day)}
                        className="focus-ring text-muted-foreground hover:text-foreground ml-auto hidden size-5 place-items-center rounded-sm opacity-0 transition-opacity group-hover:opacity-100 focus-visible:opacity-100 sm:grid"
                      >
                        <CalendarPlus className="size-3.5" />
                      </button>
                    ) : null}
                  </div>
                  <ul className="mt-0.5 hidden space-y-0.5 sm:block">
                    {entries.slice(0, entries.length > SHOWN ? SHOWN - 1 : SHOWN).map((entry) => (
                      <li key={entry.id}>
                        <Chip entry={entry} onOpen={onOpen} />
                      </li>
                    ))}
                    {entries.length > SHOWN ? (
                      <li>
                        <button type="button" onClick={() => patch({ view: "list" })} className="focus-ring text-muted-foreground hover:text-foreground rounded-sm px-1.5 text-2xs font-medium">
                          {entries.length - SHOWN + 1} more
                        </button>
                      </li>
                    ) : null}
                  </ul>
                  {entries.length > 0 ? (
                    <button
                      type="button"
                      aria-label={`${name}: ${entries.map((entry) => `${KINDS[entry.kind].label} ${entry.title}`).join(", ")}`}
                      onClick={() => patch({ view: "list" })}
                      className="focus-ring mt-1 flex w-full flex-wrap justify-center gap-0.5 rounded-sm py-0.5 sm:hidden"
                    >
                      {entries.slice(0, 4).map((entry) => (
                        <span key={entry.id} aria-hidden className={cn("size-1.5 rounded-full bg-current", KINDS[entry.kind].style)} />
                      ))}
                    </button>
                  ) : null}
                </td>
              );
            })}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function List({ days, month, onOpen }: { days: Map<string, CalendarEntry[]>; month: string; onOpen: (entry: CalendarEntry) => void }) {
  const { site, today } = useScope();
  const own = [...days.entries()].filter(([day]) => day.startsWith(month));
  if (own.length === 0) {
    return (
      <NothingYet icon={CalendarPlus} title={`Nothing is planned in ${monthName(month)}`}>
        Scheduled launches appear here by themselves. Add a pause, an end or a note with “New entry”.
      </NothingYet>
    );
  }
  return (
    <ol>
      {own.map(([day, entries]) => (
        <li key={day} className="grid gap-x-4 border-b px-4 py-3 last:border-b-0 sm:grid-cols-[9rem_minmax(0,1fr)] sm:px-5">
          <h3 className={cn("text-[0.8125rem] leading-7 font-medium tracking-normal", day < today && "text-muted-foreground")}>
            {day === today ? "Today, " : ""}
            {longDay(Date.parse(`${day}T12:00:00Z`), "UTC").replace(/ \d{4}$/, "")}
          </h3>
          <ul className="space-y-1">
            {entries.map((entry) => {
              const { icon: Icon, label, style } = KINDS[entry.kind];
              return (
                <li key={entry.id}>
                  <button
                    type="button"
                    onClick={() => onOpen(entry)}
                    className="focus-ring hover:bg-muted/60 -mx-2 flex w-[calc(100%+1rem)] items-center gap-2.5 rounded-md px-2 py-1 text-left text-[0.8125rem] transition-colors"
                  >
                    <span className="tabular text-muted-foreground w-10 shrink-0">{time(entry.at, site.time_zone)}</span>
                    <Icon aria-label={label} className={cn("size-4 shrink-0", style)} />
                    <span className="min-w-0 flex-1">
                      <span className={cn("block break-words", entry.status === "cancelled" && "line-through")}>{entry.title}</span>
                      {entry.detail ? <span className={cn("block text-xs break-words", entry.status === "failed" ? "text-destructive" : "text-muted-foreground")}>{entry.detail}</span> : null}
                    </span>
                    {entry.kind === "note" ? null : <Badge variant={STATUS[entry.status][1]}>{STATUS[entry.status][0]}</Badge>}
                  </button>
                </li>
              );
            })}
          </ul>
        </li>
      ))}
    </ol>
  );
}

function EntryDialog({ editing, editor, onClose }: { editing: NonNullable<Editing>; editor: boolean; onClose: () => void }) {
  const { site } = useScope();
  const queryClient = useQueryClient();
  const existing = "entry" in editing ? editing.entry : null;
  const [kind, setKind] = useState<CalendarEntry["kind"]>(existing?.kind ?? "launch");
  const [title, setTitle] = useState(existing?.title ?? "");
  const [local, setLocal] = useState(existing ? toLocal(existing.at, site.time_zone) : `${"day" in editing ? editing.day : ""}T09:00`);
  const [campaign, setCampaign] = useState(existing?.campaign_id ?? "");
  const [opened] = useState(() => Date.now());
  const campaigns = useQuery(campaignsQuery(site.key));
  const names = campaigns.data?.rows ?? [];
  const fits = names.filter((row) =>
    kind === "launch" ? row.actions.includes("schedule") : kind === "pause" ? row.actions.includes("pause") : row.actions.includes("end"),
  );
  const chosen = fits.find((row) => row.id === campaign)?.id ?? fits[0]?.id ?? "";
  const at = fromLocal(local, site.time_zone);
  const open = existing === null || existing.status === "planned";
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["calendar"] });
  const done = async (text: string) => {
    toast.success(text);
    onClose();
    await refresh();
    await queryClient.invalidateQueries({ queryKey: ["campaigns"] });
  };
  const create = useCreate((input: Parameters<typeof createEntry>[1], key) => createEntry(site.key, input, key), { onSuccess: () => done("Added to the calendar") });
  const change = useMutation({
    mutationFn: (input: { at?: number; title?: string }) => changeEntry(existing?.id ?? "", input),
    onSuccess: () => done("Changed"),
  });
  const remove = useMutation({ mutationFn: () => deleteEntry(existing?.id ?? ""), onSuccess: () => done("Removed from the calendar"), onError: tell });
  const error = create.error ?? change.error;
  const fields = error instanceof ApiError ? error.fields : [];
  const said = (field: string) => fields.find((one) => one.field.replace(/^\//, "") === field)?.detail;
  const needsCampaign = kind !== "note" && existing === null;
  const name = existing ? existing.campaign_name : (names.find((row) => row.id === chosen)?.name ?? "");
  const label = title.trim() || (kind === "note" ? "" : `${KINDS[kind].label} ${name}`.trim());
  const late = at !== null && at <= opened && kind !== "note";
  const wrong = at === null ? "Choose a day and a time." : late && open ? "That time has passed." : undefined;
  const pending = create.isPending || change.isPending;
  return (
    <DialogContent title={existing ? KINDS[existing.kind].label : "New entry"} description={existing ? (existing.detail || undefined) : KINDS[kind].hint}>
      <form
        className="space-y-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (pending || at === null || wrong || label === "") return;
          if (existing) change.mutate({ ...(at === existing.at ? {} : { at }), ...(label === existing.title ? {} : { title: label }) });
          else create.mutate({ kind, title: label, at, ...(needsCampaign && chosen ? { campaign_id: chosen } : {}) });
        }}
      >
        {existing ? null : (
          <Segmented
            label="What happens"
            value={kind}
            onChange={setKind}
            segments={(Object.keys(KINDS) as CalendarEntry["kind"][]).map((value) => ({ value, label: KINDS[value].label }))}
          />
        )}
        {needsCampaign ? (
          campaigns.isPending ? (
            <Skeleton className="h-8" />
          ) : fits.length === 0 ? (
            <Note title={kind === "launch" ? "No campaign is approved and waiting" : "No campaign is live"}>
              {kind === "launch" ? "A launch needs an approved campaign: submit one and have it approved." : "There is nothing to pause or end."}
            </Note>
          ) : (
            <div className="space-y-1.5">
              <p className="text-[0.8125rem] font-medium">Campaign</p>
              <Select label="Campaign" value={chosen} onChange={setCampaign} options={fits.map((row) => ({ value: row.id, label: row.name }))} className="w-full justify-between" />
            </div>
          )
        ) : null}
        {existing?.campaign_id ? (
          <p className="text-[0.8125rem]">
            <Link to="/campaigns/$id" params={{ id: existing.campaign_id }} className="focus-ring text-link rounded-sm hover:underline">
              {name || "Open the campaign"}
            </Link>
          </p>
        ) : null}
        <Field label="Day and time" hint={zoneName(at ?? opened, site.time_zone)} error={said("at") ?? (open && editor ? wrong : undefined)}>
          {(control) => <Input {...control} type="datetime-local" disabled={!open || !editor} value={local} onChange={(event) => setLocal(event.target.value)} className="tabular" />}
        </Field>
        <Field label="Title" optional={kind !== "note"} error={said("title")}>
          {(control) => <Input {...control} disabled={!open || !editor} value={title} maxLength={120} placeholder={kind === "note" ? "" : label} onChange={(event) => setTitle(event.target.value)} />}
        </Field>
        {error && fields.every((one) => !["at", "title"].includes(one.field.replace(/^\//, ""))) ? (
          <p role="alert" className="text-destructive text-[0.8125rem] text-pretty">
            {describe(error).detail}
          </p>
        ) : null}
        <DialogFooter>
          {existing && open && editor ? (
            <Button variant="outline" className="sm:mr-auto" disabled={remove.isPending} onClick={() => remove.mutate()}>
              {existing.kind === "note" ? "Delete" : "Cancel it"}
            </Button>
          ) : null}
          <Button variant="outline" onClick={onClose}>
            Close
          </Button>
          {open && editor ? (
            <Button type="submit" disabled={pending || Boolean(wrong) || label === "" || (needsCampaign && chosen === "")}>
              {pending ? <LoaderCircle className="animate-spin" /> : null} {existing ? "Save" : "Add"}
            </Button>
          ) : null}
        </DialogFooter>
      </form>
    </DialogContent>
  );
}
