import { useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import {
  ArrowLeft,
  ChevronDown,
  CircleDot,
  FileText,
  type LucideIcon,
  Monitor,
  ShoppingBag,
  ShoppingCart,
  Smartphone,
  Tablet,
  Undo2,
  UserRound,
} from "lucide-react";
import { useState } from "react";

import { journeyQuery } from "@/api/queries";
import type { Journey, JourneyEvent, JourneySession } from "@/api/types";
import { CopyButton } from "@/components/copy-button";
import { Page } from "@/components/layout/page";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card } from "@/components/ui/card";
import { Skeleton } from "@/components/ui/skeleton";
import { useScope } from "@/hooks/use-scope";
import { channelColor } from "@/lib/channels";
import { cn } from "@/lib/cn";
import { count, country, dateTime, duration, longDay, money, NONE, plural, time } from "@/lib/format";
import { personName } from "@/lib/person";

export function JourneyPage() {
  const { person } = useParams({ from: "/app/journeys/$person" });
  const { site } = useScope();
  const journey = useQuery(journeyQuery(site.key, person));
  const name = journey.data?.user_id || personName(person);
  return (
    <Page
      title={name}
      description={
        <span className="inline-flex items-center gap-2">
          <code className="max-w-[60vw] truncate font-mono text-xs">{person}</code>
          <CopyButton text={person} label="Copy the key" iconOnly />
        </span>
      }
      actions={
        <Button asChild variant="outline">
          <Link to="/journeys">
            <ArrowLeft /> All journeys
          </Link>
        </Button>
      }
    >
      {journey.isError ? (
        <Card>
          <ErrorState error={journey.error} onRetry={() => void journey.refetch()} />
        </Card>
      ) : journey.isPending ? (
        <JourneySkeleton />
      ) : (
        <Story journey={journey.data} zone={site.time_zone} />
      )}
    </Page>
  );
}

function Story({ journey, zone }: { journey: Journey; zone: string }) {
  const newest = journey.sessions[0];
  const oldest = journey.sessions.at(-1);
  const touches = journey.sessions.reduce((sum, session) => sum + session.events.filter((event) => event.touch).length, 0);
  const facts: [string, string, string?][] = [
    ["Revenue", money(journey.value, journey.currency), plural(journey.orders, "order")],
    ["Sessions", count(journey.sessions.length), plural(touches, "touch", "touches")],
    ["First seen", oldest ? dateTime(oldest.started_at, zone) : NONE, oldest ? `through ${oldest.channel}` : ""],
    ["Last seen", newest ? dateTime(newest.ended_at, zone) : NONE, newest ? `through ${newest.channel}` : ""],
  ];
  return (
    <>
      <dl className="bg-border shadow-card grid grid-cols-2 gap-px overflow-hidden rounded-xl border lg:grid-cols-4">
        {facts.map(([label, value, note]) => (
          <div key={label} className="bg-card px-4 py-3.5 sm:px-5">
            <dt className="text-muted-foreground text-[0.8125rem]">{label}</dt>
            <dd className="tabular mt-0.5 truncate text-lg font-semibold tracking-tight">{value}</dd>
            <dd className="text-muted-foreground truncate text-xs">{note}</dd>
          </div>
        ))}
      </dl>
      <ol aria-label="Sessions, newest first" className="relative">
        {journey.sessions.map((session, index) => (
          <Session
            key={session.id}
            session={session}
            before={journey.sessions[index + 1]}
            newer={journey.sessions[index - 1]}
            currency={journey.currency}
            zone={zone}
          />
        ))}
      </ol>
    </>
  );
}

const DEVICES: Record<string, LucideIcon> = { mobile: Smartphone, tablet: Tablet, desktop: Monitor };

function Session({
  session,
  before,
  newer,
  currency,
  zone,
}: {
  session: JourneySession;
  before: JourneySession | undefined;
  newer: JourneySession | undefined;
  currency: string;
  zone: string;
}) {
  const color = channelColor(session.channel);
  const Device = DEVICES[session.device] ?? Monitor;
  const value = session.events.filter((event) => event.event === "purchase").reduce((sum, event) => sum + event.value, 0);
  const day = longDay(session.started_at, zone);
  return (
    <li>
      {newer && longDay(newer.started_at, zone) === day ? null : <h2 className="text-muted-foreground mb-3 pl-11 text-xs font-medium">{day}</h2>}
      <div className="grid grid-cols-[2rem_minmax(0,1fr)] gap-3">
        <div aria-hidden className="relative flex justify-center">
          {before ? <span className="bg-border absolute top-4 -bottom-10 w-px" /> : null}
          <span
            className="bg-card relative mt-2.5 grid size-8 place-items-center rounded-full border-2"
            style={{ borderColor: color }}
          >
            <span className="size-2.5 rounded-full" style={{ background: color }} />
          </span>
        </div>
        <Card aria-label={`Session through ${session.channel}, ${dateTime(session.started_at, zone)}`} className="overflow-hidden">
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 border-b px-4 py-2.5">
            <h3 className="text-sm font-semibold">{session.channel}</h3>
            <span className="text-muted-foreground min-w-0 truncate text-[0.8125rem]">
              {[session.source, session.medium, session.campaign].filter((part) => part && part !== "none").join(" / ")}
            </span>
            {value > 0 ? <Badge variant="positive">{money(value, currency)}</Badge> : null}
            <span className="text-muted-foreground tabular ml-auto flex items-center gap-1.5 text-xs">
              <Device aria-hidden className="size-3.5" />
              <span className="hidden sm:inline">
                {[session.browser, session.os, session.country ? country(session.country) : ""].filter(Boolean).join(", ")} ·{" "}
              </span>
              {time(session.started_at, zone)}
              {session.ended_at > session.started_at ? ` · ${duration(session.ended_at - session.started_at)}` : ""}
            </span>
          </div>
          <Events events={session.events} color={color} currency={currency} zone={zone} />
        </Card>
      </div>
      <div className="text-muted-foreground flex h-12 items-center pl-11 text-2xs">
        {before ? `${duration(session.started_at - before.ended_at)} later than the visit below` : "Where it began"}
      </div>
    </li>
  );
}

/** A long session shows its first and last events, and every touch and order; the rest opens on demand. */
const SHORT = 8;

function Events({ events, color, currency, zone }: { events: JourneyEvent[]; color: string; currency: string; zone: string }) {
  const [open, setOpen] = useState(false);
  const ordered = [...events].sort((a, b) => a.t - b.t);
  const shown = open || ordered.length <= SHORT + 2 ? ordered : ordered.filter((event, index) => index < 5 || index >= ordered.length - 2 || event.touch || event.event === "purchase");
  const hidden = ordered.length - shown.length;
  return (
    <>
      <ol className="py-1.5">
        {shown.map((event) => (
          <Event key={event.id} event={event} color={color} currency={currency} zone={zone} />
        ))}
      </ol>
      {hidden > 0 ? (
        <button
          type="button"
          onClick={() => setOpen(true)}
          className="focus-ring text-muted-foreground hover:text-foreground hover:bg-muted/60 flex w-full items-center gap-1.5 border-t px-4 py-2 text-xs -outline-offset-2"
        >
          <ChevronDown aria-hidden className="size-3.5" /> Show {plural(hidden, "more event")}
        </button>
      ) : null}
    </>
  );
}

const EVENT_ICONS: Record<string, LucideIcon> = {
  pageview: FileText,
  add_to_cart: ShoppingCart,
  purchase: ShoppingBag,
  refund: Undo2,
  identify: UserRound,
  signup: UserRound,
  login: UserRound,
};

function Event({ event, color, currency, zone }: { event: JourneyEvent; color: string; currency: string; zone: string }) {
  const order = event.event === "purchase";
  const refund = event.event === "refund" || event.value < 0;
  const Icon = EVENT_ICONS[event.event] ?? CircleDot;
  const props = Object.entries(event.props ?? {}).filter(([, value]) => value !== null && typeof value !== "object");
  return (
    <li className={cn("flex min-h-9 items-center gap-3 px-4 py-1.5", order && "bg-positive-soft/60", refund && "bg-destructive-soft/60")}>
      <span className="text-muted-foreground tabular w-15 shrink-0 text-xs">{time(event.t, zone, true)}</span>
      <Icon
        aria-hidden
        className={cn("size-4 shrink-0", order ? "text-positive" : refund ? "text-destructive" : "text-muted-foreground")}
        strokeWidth={1.75}
      />
      <span className="flex min-w-0 flex-1 flex-wrap items-baseline gap-x-2">
        <span className={cn("text-[0.8125rem]", event.event === "pageview" ? "sr-only" : "font-medium")}>{event.event.replaceAll("_", " ")}</span>
        {event.path ? (
          <span className={cn("max-w-full truncate text-[0.8125rem]", event.event === "pageview" ? "" : "text-muted-foreground")} title={event.url || event.path}>
            {event.path}
          </span>
        ) : null}
        {props.length > 0 ? (
          <span className="text-muted-foreground max-w-full truncate text-xs">{props.slice(0, 4).map(([key, value]) => `${key}: ${String(value)}`).join(", ")}</span>
        ) : null}
      </span>
      {event.touch ? (
        <span className="inline-flex shrink-0 items-center gap-1.5 rounded-full border px-2 py-0.5 text-2xs font-medium">
          <span aria-hidden className="size-1.5 rounded-full" style={{ background: color }} />
          Touch {event.touch_number}
        </span>
      ) : null}
      {event.value !== 0 ? (
        <span className={cn("tabular shrink-0 text-[0.8125rem] font-semibold", order && "text-positive", refund && "text-destructive")}>
          {money(event.value, event.currency || currency)}
        </span>
      ) : null}
    </li>
  );
}

function JourneySkeleton() {
  return (
    <div role="status" aria-label="Loading" className="space-y-5">
      <div className="bg-border grid grid-cols-2 gap-px overflow-hidden rounded-xl border lg:grid-cols-4">
        {[0, 1, 2, 3].map((index) => (
          <div key={index} className="bg-card space-y-2 px-5 py-4">
            <Skeleton className="h-3.5 w-16" />
            <Skeleton className="h-5 w-28" />
            <Skeleton className="h-3 w-20" />
          </div>
        ))}
      </div>
      {[140, 220, 100].map((height) => (
        <div key={height} className="grid grid-cols-[2rem_1fr] gap-3">
          <Skeleton className="mt-2.5 size-8 rounded-full" />
          <Skeleton className="rounded-xl" style={{ height }} />
        </div>
      ))}
    </div>
  );
}
