import { ArrowRight, CircleDollarSign } from "lucide-react";
import type { ReactNode } from "react";

import type { Change, Diff, DiffPart } from "@/api/loop-types";
import { ProviderMark } from "@/components/provider";
import { Badge } from "@/components/ui/badge";
import { PROVIDERS } from "@/lib/campaign";
import { cn } from "@/lib/cn";
import { audienceParts, type Line, listDiff, objectText, shapeOf, valueText } from "@/lib/describe-plan";
import { money, plural } from "@/lib/format";
import { wordDiff, worthMarking } from "@/lib/word-diff";

interface Context {
  currency: string;
  zone: string;
  image: (id: string) => string;
}

/**
 * What would become different, channel by channel. The same view is shown to whoever submits and to whoever approves.
 */
export function DiffView({ diff, currency, zone, image }: Context & { diff: Diff }) {
  const context = { currency, zone, image };
  const spends = diff.channels.flatMap((part) => part.changes).filter((change) => change.spends).length;
  const fresh = diff.budget_daily_before === 0;
  return (
    <div className="space-y-4">
      <div className="flex flex-wrap items-center gap-x-5 gap-y-2">
        <div>
          <p className="text-muted-foreground text-xs">Daily budget, at most</p>
          <p className="tabular flex items-center gap-2 text-lg leading-7 font-semibold tracking-tight">
            {fresh ? null : (
              <>
                <span className="text-muted-foreground font-normal">{money(diff.budget_daily_before, currency)}</span>
                <ArrowRight aria-label="becomes" className="text-muted-foreground size-4" />
              </>
            )}
            {money(diff.budget_daily_after, currency)}
          </p>
        </div>
        {spends > 0 ? (
          <Badge variant="warning">
            <CircleDollarSign aria-hidden /> {spends === 1 ? "1 change can raise spend" : `${spends} changes can raise spend`}
          </Badge>
        ) : (
          <Badge variant="outline">No change can raise spend</Badge>
        )}
      </div>
      {diff.channels.length === 0 ? <p className="text-muted-foreground text-[0.8125rem]">Nothing differs from what is live.</p> : null}
      {diff.channels.map((part) => (
        <Part key={part.channel_id} part={part} context={context} />
      ))}
    </div>
  );
}

function Part({ part, context }: { part: DiffPart; context: Context }) {
  const provider = PROVIDERS[part.type as keyof typeof PROVIDERS] as (typeof PROVIDERS)["meta"] | undefined;
  const title = part.channel_id ? [provider?.name ?? part.type, part.name].filter((text, index, all) => text && all.indexOf(text) === index).join(" · ") : "The whole campaign";
  return (
    <section aria-label={title} className="overflow-hidden rounded-lg border">
      <h3 className="bg-muted/60 flex min-h-10 flex-wrap items-center gap-2 border-b px-3.5 py-1.5 text-[0.8125rem] font-semibold tracking-normal">
        {part.type ? <ProviderMark type={part.type} size="sm" /> : null}
        <span className="min-w-0 truncate">{title}</span>
        <span className="text-muted-foreground tabular ml-auto text-xs font-normal">
          {part.channel_id && part.budget_daily_after + part.budget_daily_before > 0
            ? part.budget_daily_before === part.budget_daily_after || part.budget_daily_before === 0
              ? `${money(part.budget_daily_after, context.currency)} a day`
              : `${money(part.budget_daily_before, context.currency)} → ${money(part.budget_daily_after, context.currency)} a day`
            : plural(part.changes.length, "change")}
        </span>
      </h3>
      <dl className="divide-y">
        {part.changes.map((change) => (
          <ChangeRow key={change.path} change={change} context={context} />
        ))}
      </dl>
    </section>
  );
}

function ChangeRow({ change, context }: { change: Change; context: Context }) {
  const shape = shapeOf(change);
  const comes = change.before === null || change.before === undefined;
  const goes = change.after === null || change.after === undefined;
  return (
    <div className={cn("grid gap-x-4 gap-y-1 px-3.5 py-2.5 text-[0.8125rem]", shape === "object" ? "" : "sm:grid-cols-[12rem_minmax(0,1fr)]")}>
      <dt className="flex flex-wrap items-center gap-x-2 gap-y-1 self-start">
        <span className={cn("min-w-0 break-words", shape === "object" ? "font-medium" : "text-muted-foreground")}>{change.label}</span>
        {shape === "object" && comes ? <Badge variant="positive">New</Badge> : null}
        {shape === "object" && goes ? <Badge variant="destructive">Removed</Badge> : null}
        {change.spends ? (
          <Badge variant="warning">
            <CircleDollarSign aria-hidden /> can raise spend
          </Badge>
        ) : null}
      </dt>
      <dd className="min-w-0">
        {shape === "object" ? (
          <ObjectChange change={change} context={context} />
        ) : shape === "list" ? (
          <ListChange change={change} context={context} />
        ) : shape === "text" ? (
          <TextChange before={typeof change.before === "string" ? change.before : ""} after={typeof change.after === "string" ? change.after : ""} />
        ) : (
          <ValueChange change={change} context={context} />
        )}
      </dd>
    </div>
  );
}

function Gone({ children }: { children: ReactNode }) {
  return (
    <del className="bg-destructive-soft text-destructive decoration-destructive/50 rounded-xs box-decoration-clone px-0.5">
      <span className="sr-only">removed: </span>
      {children}
    </del>
  );
}

function Added({ children }: { children: ReactNode }) {
  return (
    <ins className="bg-positive-soft text-positive rounded-xs box-decoration-clone px-0.5 no-underline">
      <span className="sr-only">added: </span>
      {children}
    </ins>
  );
}

function ValueChange({ change, context }: { change: Change; context: Context }) {
  const before = valueText(change.before, change, context.currency, context.zone);
  const after = valueText(change.after, change, context.currency, context.zone);
  const nothing = change.path === "/end_at" ? "no end" : change.path === "/start_at" ? "when published" : change.path === "/budget_total" ? "no limit" : "nothing";
  if (before === "" && after !== "") return <span className="tabular break-words">{after}</span>;
  return (
    <span className="tabular flex flex-wrap items-center gap-x-2 gap-y-1 break-words">
      <Gone>{before || nothing}</Gone>
      <ArrowRight aria-label="becomes" className="text-muted-foreground size-3.5 shrink-0" />
      <Added>{after || nothing}</Added>
    </span>
  );
}

function TextChange({ before, after }: { before: string; after: string }) {
  if (before === "") return <span className="break-words whitespace-pre-line">{after}</span>;
  const pieces = wordDiff(before, after);
  if (!worthMarking(pieces)) {
    return (
      <span className="block space-y-1 break-words whitespace-pre-line">
        <span className="block">
          <Gone>{before}</Gone>
        </span>
        {after ? (
          <span className="block">
            <Added>{after}</Added>
          </span>
        ) : null}
      </span>
    );
  }
  return (
    <span className="break-words whitespace-pre-line">
      {pieces.map((piece, index) =>
        piece.kind === "same" ? piece.text : piece.kind === "added" ? <Added key={index}>{piece.text}</Added> : <Gone key={index}>{piece.text}</Gone>,
      )}
    </span>
  );
}

function Thumbs({ ids, image }: { ids: readonly string[]; image: (id: string) => string }) {
  return (
    <span className="flex flex-wrap gap-1.5">
      {ids.map((id) => (
        <img key={id} src={image(id)} alt="" loading="lazy" className="bg-muted size-14 rounded-md border object-cover" />
      ))}
    </span>
  );
}

function ListChange({ change, context }: { change: Change; context: Context }) {
  const texts = (value: unknown) => (Array.isArray(value) ? value.map(String) : []);
  const items = listDiff(texts(change.before), texts(change.after));
  const images = change.path.endsWith("/image_asset_ids");
  const order = change.path === "/ad_sets" || change.path.endsWith("/ads");
  if (order) return <span className="text-muted-foreground">The order changes; nothing else does.</span>;
  if (images) {
    const of = (kind: string) => items.filter((item) => item.kind === kind).map((item) => item.text);
    return (
      <span className="space-y-1.5">
        {(["added", "removed", "same"] as const).map((kind) =>
          of(kind).length > 0 ? (
            <span key={kind} className={cn("flex items-center gap-2", kind === "removed" && "opacity-60")}>
              <span className="text-muted-foreground w-16 text-xs">{kind === "same" ? "stays" : kind}</span>
              <Thumbs ids={of(kind)} image={context.image} />
            </span>
          ) : null,
        )}
      </span>
    );
  }
  const fresh = items.every((item) => item.kind === "added");
  return (
    <ul className="space-y-0.5">
      {items.map((item, index) => (
        <li key={index} className="break-words">
          {item.kind === "same" || fresh ? item.text : item.kind === "added" ? <Added>{item.text}</Added> : <Gone>{item.text}</Gone>}
        </li>
      ))}
    </ul>
  );
}

function ObjectChange({ change, context }: { change: Change; context: Context }) {
  if (change.before != null && change.after != null) {
    const before = audienceParts(change.before);
    return (
      <div className="mt-0.5 space-y-0.5">
        {audienceParts(change.after).map(({ label, items }, index) => {
          const diff = listDiff(before[index]?.items ?? [], items);
          return diff.some((item) => item.kind !== "same") ? (
            <p key={label} className="grid gap-x-3 sm:grid-cols-[7rem_minmax(0,1fr)]">
              <span className="text-muted-foreground">{label}</span>
              <span className="flex flex-wrap gap-x-2 gap-y-0.5">
                {diff.map((item, place) =>
                  item.kind === "same" ? <span key={place}>{item.text}</span> : item.kind === "added" ? <Added key={place}>{item.text}</Added> : <Gone key={place}>{item.text}</Gone>,
                )}
                {items.length === 0 ? <Added>everybody</Added> : null}
              </span>
            </p>
          ) : null;
        })}
      </div>
    );
  }
  const told = objectText(change.after ?? change.before, context.currency);
  return (
    <div className={cn("space-y-2", change.after == null && "opacity-60")}>
      <Lines lines={told.lines} context={context} />
      {told.parts.map((part, index) => (
        <div key={index} className="border-l-2 pl-3">
          <p className="font-medium">{part.name}</p>
          <Lines lines={part.lines} context={context} />
        </div>
      ))}
    </div>
  );
}

function Lines({ lines, context }: { lines: readonly Line[]; context: Context }) {
  return (
    <div className="mt-0.5 space-y-0.5">
      {lines.map((line) => (
        <p key={line.label} className="grid gap-x-3 sm:grid-cols-[7rem_minmax(0,1fr)]">
          <span className="text-muted-foreground">{line.label}</span>
          {line.images ? (
            <Thumbs ids={line.images} image={context.image} />
          ) : (
            <span className={cn("line-clamp-6 break-words whitespace-pre-line", line.label === "Body" && "font-mono text-xs leading-5")}>{line.text}</span>
          )}
        </p>
      ))}
    </div>
  );
}
