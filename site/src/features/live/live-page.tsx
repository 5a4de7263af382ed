import { Link, useSearch } from "@tanstack/react-router";
import { Activity, Bot, Pause, Play } from "lucide-react";
import { useState } from "react";

import { ApiError } from "@/api/problem";
import type { LiveHit } from "@/api/types";
import { channelColor } from "@/lib/channels";
import { Page } from "@/components/layout/page";
import { LiveIndicator } from "@/components/live-state";
import { NoResults, NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Select } from "@/components/ui/select";
import { Skeleton } from "@/components/ui/skeleton";
import { useLive } from "@/hooks/use-live";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ago, count, country, money, NONE, plural, time } from "@/lib/format";

const ANY = "any";

const NO_CONNECTION = new ApiError({
  status: 0,
  title: "No connection to the live stream",
  detail: "It is tried again every few seconds; what arrives meanwhile is not lost and shows once the stream is back.",
});

export function LivePage() {
  const { site } = useScope();
  const search = useSearch({ from: "/app/live" });
  const patch = usePatchSearch();
  const feed = useLive(site.key);
  const [frozen, setFrozen] = useState<LiveHit[] | null>(null);
  const now = useNow(5000);
  const paused = frozen !== null;

  const keep = (hit: LiveHit) =>
    (!search.event || hit.event === search.event) && (!search.channel || hit.channel === search.channel) && (search.bots || !hit.bot);
  const source = frozen ?? feed.hits;
  const hits = source.filter(keep).slice(0, 100);
  const seen = new Set(frozen?.map((hit) => hit.id));
  const waiting = paused ? feed.hits.filter((hit) => !seen.has(hit.id) && keep(hit)).length : 0;
  const distinct = (read: (hit: LiveHit) => string, extra: string | undefined) =>
    [...new Set([...feed.hits.map(read), ...(extra ? [extra] : [])])].filter(Boolean).sort();
  const filtered = search.event !== undefined || search.channel !== undefined;

  const tiles: [string, string | null, string][] = [
    ["Active visitors", feed.active ? count(feed.active.visitors_5m) : null, "in the last 5 minutes"],
    ["Events", feed.active ? count(feed.active.events_5m) : null, "in the last 5 minutes"],
    ["Orders today", feed.active ? count(feed.active.orders_today) : null, "since midnight"],
    ["Revenue today", feed.active ? money(feed.active.revenue_today, site.currency) : null, `since midnight, ${site.time_zone.replaceAll("_", " ")}`],
  ];

  return (
    <Page
      title="Live"
      description="What is happening right now, a moment after it happens."
      actions={
        <>
          <LiveIndicator state={feed.state} paused={paused} />
          <Button variant="outline" aria-pressed={paused} onClick={() => setFrozen(paused ? null : feed.hits)} className="min-w-26">
            {paused ? <Play /> : <Pause />}
            {paused ? "Resume" : "Pause"}
          </Button>
        </>
      }
    >
      <div className="bg-border shadow-card grid grid-cols-2 gap-px overflow-hidden rounded-xl border lg:grid-cols-4">
        {tiles.map(([label, value, note]) => (
          <section key={label} aria-label={label} className="bg-card px-4 py-3.5 sm:px-5">
            <h2 className="text-muted-foreground text-[0.8125rem]">{label}</h2>
            {value === null && feed.state !== "reconnecting" ? (
              <Skeleton className="my-1.5 h-6 w-16" />
            ) : (
              <p className="tabular text-2xl leading-9 font-semibold tracking-tight">{value ?? NONE}</p>
            )}
            <p className="text-muted-foreground truncate text-xs">{note}</p>
          </section>
        ))}
      </div>

      <Card aria-label="Event stream" className="overflow-hidden">
        <div className="flex flex-wrap items-center gap-2 border-b px-4 py-2.5 sm:px-5">
          <Select
            label="Event"
            value={search.event ?? ANY}
            onChange={(next) => patch({ event: next === ANY ? undefined : next })}
            options={[{ value: ANY, label: "All events" }, ...distinct((hit) => hit.event, search.event).map((value) => ({ value, label: value }))]}
          />
          <Select
            label="Channel"
            value={search.channel ?? ANY}
            onChange={(next) => patch({ channel: next === ANY ? undefined : next })}
            options={[{ value: ANY, label: "All channels" }, ...distinct((hit) => hit.channel, search.channel).map((value) => ({ value, label: value }))]}
          />
          <Button
            variant={search.bots ? "secondary" : "ghost"}
            aria-pressed={search.bots === true}
            onClick={() => patch({ bots: search.bots ? undefined : true })}
            className="text-[0.8125rem]"
          >
            <Bot /> Bots
          </Button>
          {waiting > 0 ? (
            <Button variant="link" size="sm" className="ml-auto" onClick={() => setFrozen(null)}>
              {plural(waiting, "new event")} waiting
            </Button>
          ) : null}
        </div>
        {hits.length > 0 ? (
          <ul aria-label="Latest events, newest first" className="divide-y">
            {hits.map((hit) => (
              <Hit key={hit.id} hit={hit} zone={site.time_zone} now={now} />
            ))}
          </ul>
        ) : filtered && feed.hits.length > 0 ? (
          <NoResults what="events" onClear={() => patch({ event: undefined, channel: undefined })} />
        ) : feed.state === "connecting" || (feed.state === "live" && feed.known === null) ? (
          <HitSkeleton />
        ) : feed.state === "reconnecting" ? (
          <ErrorState error={NO_CONNECTION} onRetry={feed.again} />
        ) : (
          <NothingYet
            icon={Activity}
            title="Listening…"
            action={
              <Button asChild variant="outline">
                <Link to="/install">Install the pixel</Link>
              </Button>
            }
          >
            No event has come in yet. The next one appears here within two seconds.
          </NothingYet>
        )}
      </Card>
    </Page>
  );
}

const EVENT_TONES: Record<string, BadgeVariant> = { purchase: "positive", refund: "destructive", add_to_cart: "warning", pageview: "secondary" };

function Hit({ hit, zone, now }: { hit: LiveHit; zone: string; now: number }) {
  return (
    <li className="animate-arrive grid h-13 grid-cols-[4.25rem_minmax(0,1fr)_auto] items-center gap-x-3 px-4 text-[0.8125rem] sm:px-5 md:grid-cols-[4.25rem_7.5rem_minmax(0,1fr)_11rem_5rem] xl:grid-cols-[4.25rem_7.5rem_minmax(0,1fr)_12rem_13rem_6rem]">
      <time
        dateTime={new Date(hit.received_at).toISOString()}
        title={ago(hit.received_at, now)}
        className="text-muted-foreground tabular text-xs"
      >
        {time(hit.received_at, zone, true)}
      </time>
      <Badge variant={EVENT_TONES[hit.event] ?? "default"} className="hidden max-w-full md:inline-flex">
        <span className="truncate">{hit.event}</span>
      </Badge>
      <span className="min-w-0">
        <span className="block truncate font-medium" title={hit.path}>
          {hit.path || hit.event}
        </span>
        <span className="text-muted-foreground block truncate text-2xs">
          <span className="md:hidden">
            {[hit.event, hit.channel].filter(Boolean).join(" · ")}
          </span>
          <span className="hidden md:inline">{hit.visitor}</span>
        </span>
      </span>
      <span className="hidden min-w-0 items-center gap-2 md:flex">
        {/* Only a touchpoint has a channel; most events are steps within a visit. */}
        {hit.channel ? <span aria-hidden className="size-2 shrink-0 rounded-full" style={{ background: channelColor(hit.channel) }} /> : null}
        <span className="truncate">
          {hit.channel} {hit.source && hit.source !== "direct" ? <span className="text-muted-foreground">{hit.source}</span> : null}
        </span>
      </span>
      <span className="text-muted-foreground hidden truncate text-xs xl:block">
        {[hit.country ? country(hit.country) : "", hit.browser, hit.device].filter(Boolean).join(" · ")}
      </span>
      <span className={cn("tabular text-right font-semibold", hit.value < 0 ? "text-destructive" : "text-positive")}>
        {hit.value !== 0 ? money(hit.value, hit.currency) : hit.bot ? <Badge variant="outline">Bot</Badge> : null}
      </span>
    </li>
  );
}

function HitSkeleton() {
  return (
    <div role="status" aria-label="Loading" className="divide-y">
      {Array.from({ length: 8 }, (_, index) => (
        <div key={index} className="flex h-13 items-center gap-5 px-5">
          <Skeleton className="h-3.5 w-14" />
          <Skeleton className="h-5 w-20 rounded-full" />
          <Skeleton className="h-3.5" style={{ width: 120 + ((index * 53) % 120) }} />
          <Skeleton className="ml-auto hidden h-3.5 w-40 sm:block" />
        </div>
      ))}
    </div>
  );
}
