import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearch } from "@tanstack/react-router";
import { ChevronDown, EllipsisVertical, KeyRound, LoaderCircle, Megaphone, Plug, RefreshCw, Stethoscope, Unplug } from "lucide-react";
import { useId, useState } from "react";
import { toast } from "sonner";

import { chooseAccount, connectChannel, connectedQuery, disconnectChannel, providersQuery, syncChannel, syncsQuery, testChannel } from "@/api/channels";
import type { ConnectedChannel, Provider } from "@/api/loop-types";
import { describe } from "@/api/problem";
import { Confirm } from "@/components/confirm";
import { Field } from "@/components/field";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { ProviderMark } from "@/components/provider";
import { ErrorState } from "@/components/states/error";
import { Badge, type BadgeVariant } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuTrigger } from "@/components/ui/dropdown-menu";
import { Input } from "@/components/ui/input";
import { Skeleton } from "@/components/ui/skeleton";
import { Words } from "@/components/words";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { cn } from "@/lib/cn";
import { ago, count, dateTime, duration, plural } from "@/lib/format";
import { allows, whoMay } from "@/lib/roles";
import { tell } from "@/lib/told";

const STATUS: Record<string, [string, BadgeVariant]> = {
  connected: ["Connected", "positive"],
  needs_reauth: ["No access", "warning"],
  failing: ["Failing", "destructive"],
  disconnected: ["Disconnected", "outline"],
  choosing: ["Choose an account", "warning"],
};

const WHAT: Record<string, string> = {
  sandbox: "Try everything with invented people and no money. Spend, clicks and orders come back as on a real channel.",
  meta: "Ads on Facebook and Instagram.",
  google_ads: "Text ads beside Google's search results.",
  klaviyo: "E-mail campaigns to your lists and segments.",
};

export function ChannelsPage() {
  const { site, me } = useScope();
  const search = useSearch({ from: "/app/channels" });
  const patch = usePatchSearch();
  const connected = useQuery(connectedQuery(site.key));
  const manager = allows(me, "manage_channels");
  const rows = connected.data?.rows ?? [];
  const live = rows.filter((row) => row.status !== "disconnected" && row.status !== "choosing");
  const fresh = live.find((row) => row.id === search.connected);
  return (
    <Page title="Channels" description={`The advertising and e-mail accounts that ${site.name} runs campaigns on and reads figures from.`}>
      {search.failed ? (
        <Note
          tone="destructive"
          alert
          title="The account was not connected"
          action={
            <Button size="sm" variant="outline" onClick={() => patch({ failed: undefined })}>
              Close
            </Button>
          }
        >
          <Words text={search.failed} />
        </Note>
      ) : null}
      {fresh ? (
        <Note
          tone="positive"
          title={`${fresh.name} is connected`}
          action={
            <>
              <Button asChild size="sm">
                <Link to="/campaigns/new">
                  <Megaphone /> Make a campaign
                </Link>
              </Button>
              <Button size="sm" variant="outline" onClick={() => patch({ connected: undefined })}>
                Close
              </Button>
            </>
          }
        >
          Its figures of the last weeks are on their way. Next: make a campaign for it, or connect another account below.
        </Note>
      ) : null}
      {search.choose && rows.some((row) => row.id === search.choose && row.status === "choosing") ? (
        <Note title="Almost connected">The sign-in reaches several accounts. Choose one below.</Note>
      ) : null}
      {manager ? null : <Note title={`You can see channels here; ${whoMay("manage_channels")} connect them.`} />}

      {connected.isError ? (
        <Card>
          <ErrorState error={connected.error} onRetry={() => void connected.refetch()} />
        </Card>
      ) : connected.isPending ? (
        <Card role="status" aria-label="Loading" className="divide-y">
          {[0, 1].map((row) => (
            <div key={row} className="flex items-center gap-3 px-5 py-4">
              <Skeleton className="size-10 rounded-lg" />
              <div className="space-y-2">
                <Skeleton className="h-4 w-44" />
                <Skeleton className="h-3.5 w-28" />
              </div>
            </div>
          ))}
        </Card>
      ) : rows.length > 0 ? (
        <Card aria-label="Your channels" className="overflow-hidden">
          <CardHeader className="border-b">
            <CardTitle>Your channels</CardTitle>
            <span className="text-muted-foreground ml-auto text-xs">{plural(live.length, "account")} connected</span>
          </CardHeader>
          <ul className="divide-y">
            {rows.map((row) => (
              <ChannelRow key={row.id} channel={row} manager={manager} />
            ))}
          </ul>
        </Card>
      ) : null}
      <Catalog connected={live} manager={manager} first={connected.isSuccess && live.length === 0} />
    </Page>
  );
}

function ChannelRow({ channel, manager }: { channel: ConnectedChannel; manager: boolean }) {
  const { site } = useScope();
  const now = useNow();
  const queryClient = useQueryClient();
  const [open, setOpen] = useState(false);
  const [leaving, setLeaving] = useState(false);
  const panel = useId();
  const [label, variant] = STATUS[channel.status] ?? [channel.status, "secondary"];
  const refresh = () => Promise.all([queryClient.invalidateQueries({ queryKey: ["connected"] }), queryClient.invalidateQueries({ queryKey: ["syncs", channel.id] })]);
  const test = useMutation({
    mutationFn: () => testChannel(channel.id),
    onSuccess: (now) => {
      if (now.status === "connected") toast.success("The connection works", { description: `${now.name} answered.` });
      else toast.warning("The connection has a problem", { description: now.last_error });
    },
    onError: tell,
    onSettled: refresh,
  });
  const sync = useMutation({
    mutationFn: () => syncChannel(channel.id),
    onSuccess: () => {
      setOpen(true);
      toast.success("Reading figures", { description: "The last four weeks are read again, because providers correct what they said." });
    },
    onError: tell,
    onSettled: refresh,
  });
  const leave = useMutation({
    mutationFn: () => disconnectChannel(channel.id),
    onSuccess: () => {
      setLeaving(false);
      toast.success("Disconnected", { description: "Its credentials are forgotten." });
    },
    onError: tell,
    onSettled: refresh,
  });
  const connect = useConnect(channel.type);
  const byKey = useQuery(providersQuery).data?.rows.find((row) => row.type === channel.type)?.auth === "key";
  const [asking, setAsking] = useState(false);
  const gone = channel.status === "disconnected";
  const choosing = channel.status === "choosing";
  const ends = channel.credentials_expire_at;
  const ending = !gone && ends != null && ends - now < 7 * 86_400_000;
  return (
    <li className={cn("px-4 py-3.5 sm:px-5", gone && "opacity-70")}>
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2">
        <ProviderMark type={channel.type} size="lg" />
        <div className="min-w-0 flex-1 basis-48">
          <p className="flex flex-wrap items-center gap-2 text-sm">
            <span className="min-w-0 font-medium break-words">{channel.name}</span>
            <Badge variant={variant}>{label}</Badge>
          </p>
          <p className="text-muted-foreground text-xs break-words">
            {channel.account_id ? (
              <>
                {channel.account_id} · {channel.currency} · {channel.time_zone} ·{" "}
                {channel.last_sync_at ? <span title={dateTime(channel.last_sync_at, site.time_zone)}>figures read {ago(channel.last_sync_at, now)}</span> : "no figures read yet"}
              </>
            ) : choosing ? (
              `The sign-in reaches ${plural(channel.accounts.length, "account")}.`
            ) : (
              "No account was chosen."
            )}
          </p>
        </div>
        {manager ? (
          <div className="flex items-center gap-1.5">
            {channel.status === "needs_reauth" || gone ? (
              <Button size="sm" onClick={() => (byKey ? setAsking(true) : connect.mutate(null))} disabled={connect.isPending}>
                {connect.isPending ? <LoaderCircle className="animate-spin" /> : <Plug />} {gone ? "Connect again" : byKey ? "Enter a new key" : "Sign in again"}
              </Button>
            ) : choosing ? null : (
              <Button size="sm" variant="outline" onClick={() => test.mutate()} disabled={test.isPending}>
                {test.isPending ? <LoaderCircle className="animate-spin" /> : <Stethoscope />} Test
              </Button>
            )}
            {gone ? null : (
              <DropdownMenu>
                <DropdownMenuTrigger asChild>
                  <Button variant="outline" size="icon-sm" aria-label={`More about ${channel.name}`}>
                    <EllipsisVertical />
                  </Button>
                </DropdownMenuTrigger>
                <DropdownMenuContent align="end">
                  {choosing ? null : (
                    <DropdownMenuItem onSelect={() => sync.mutate()}>
                      <RefreshCw /> Read figures now
                    </DropdownMenuItem>
                  )}
                  <DropdownMenuItem onSelect={() => setLeaving(true)}>
                    <Unplug /> Disconnect…
                  </DropdownMenuItem>
                </DropdownMenuContent>
              </DropdownMenu>
            )}
          </div>
        ) : null}
      </div>
      {choosing && manager ? <AccountChooser channel={channel} /> : null}
      {channel.last_error && !gone ? (
        <div className={cn("mt-3 rounded-lg px-3.5 py-2.5 text-[0.8125rem]", channel.status === "connected" ? "bg-warning-soft" : "bg-destructive-soft")}>
          <p className="text-pretty break-words">
            <Words text={channel.last_error} />
          </p>
          {channel.last_error_at ? (
            <p className="text-muted-foreground mt-0.5 text-xs">
              {ago(channel.last_error_at, now)}
              {channel.status === "connected" ? "; it has worked since" : ""}
            </p>
          ) : null}
        </div>
      ) : null}
      {ending && channel.status !== "needs_reauth" ? (
        <p className="text-warning mt-2 text-xs">
          {ends <= now ? "Its access has ended" : `Its access ends in ${duration(ends - now)}`} and is renewed by itself; should that fail, this page says so.
        </p>
      ) : null}
      {gone || choosing ? null : (
        <>
          <button
            type="button"
            aria-expanded={open}
            aria-controls={panel}
            onClick={() => setOpen(!open)}
            className="focus-ring text-muted-foreground hover:text-foreground mt-2 inline-flex items-center gap-1 rounded-sm text-xs font-medium"
          >
            <ChevronDown aria-hidden className={cn("size-3.5 transition-transform", !open && "-rotate-90")} /> Latest readings
          </button>
          <div id={panel} hidden={!open}>
            {open ? <Syncs id={channel.id} /> : null}
          </div>
        </>
      )}
      <KeyDialog type={channel.type} name={channel.name} open={asking} onOpenChange={setAsking} />
      <Confirm
        open={leaving}
        onOpenChange={setLeaving}
        title={`Disconnect ${channel.name}`}
        description="Its credentials are forgotten and no more figures are read. Campaigns on it stay as they are there, so pause them first. Figures read so far stay."
        action="Disconnect"
        destructive
        pending={leave.isPending}
        onConfirm={() => leave.mutate()}
      />
    </li>
  );
}

/** Asks which of the accounts that a sign-in reaches it is to be. */
function AccountChooser({ channel }: { channel: ConnectedChannel }) {
  const queryClient = useQueryClient();
  const patch = usePatchSearch();
  const [chosen, setChosen] = useState("");
  const choose = useMutation({
    mutationFn: () => chooseAccount(channel.id, chosen),
    onSuccess: async (now) => {
      await queryClient.invalidateQueries({ queryKey: ["connected"] });
      patch({ choose: undefined, connected: now.id, failed: undefined });
    },
  });
  return (
    <form
      className="mt-3 space-y-3"
      onSubmit={(event) => {
        event.preventDefault();
        choose.mutate();
      }}
    >
      <fieldset disabled={choose.isPending}>
        <legend className="mb-2 text-[0.8125rem] font-medium">Which account is it to be?</legend>
        <ul className="space-y-2">
          {channel.accounts.map((account) => (
            <li key={account.id}>
              <label className={cn("flex items-start gap-2.5 rounded-lg border px-3.5 py-2.5 text-[0.8125rem]", account.refusal ? "opacity-70" : "cursor-pointer")}>
                <input
                  type="radio"
                  name={`account-${channel.id}`}
                  value={account.id}
                  checked={chosen === account.id}
                  disabled={account.refusal !== ""}
                  onChange={() => setChosen(account.id)}
                  className="focus-ring accent-primary mt-0.5 size-4"
                />
                <span className="min-w-0">
                  <span className="block font-medium break-words">{account.name}</span>
                  <span className="text-muted-foreground block text-xs break-words">
                    {[account.id, account.currency, account.time_zone].filter(Boolean).join(" · ")}
                  </span>
                  {account.refusal ? (
                    <span className="mt-0.5 block text-xs text-pretty break-words">
                      <Words text={account.refusal} />
                    </span>
                  ) : null}
                </span>
              </label>
            </li>
          ))}
        </ul>
      </fieldset>
      {choose.error ? (
        <p role="alert" className="text-destructive text-xs text-pretty break-words">
          <Words text={describe(choose.error).detail} />
        </p>
      ) : null}
      <Button type="submit" size="sm" disabled={chosen === "" || choose.isPending}>
        {choose.isPending ? <LoaderCircle className="animate-spin" /> : <Plug />} Use this account
      </Button>
    </form>
  );
}

function Syncs({ id }: { id: string }) {
  const now = useNow();
  const syncs = useQuery(syncsQuery(id));
  if (syncs.isError) return <ErrorState error={syncs.error} onRetry={() => void syncs.refetch()} className="py-6" />;
  if (syncs.isPending) return <Skeleton className="mt-2 h-10" />;
  if (syncs.data.rows.length === 0) return <p className="text-muted-foreground mt-2 text-[0.8125rem]">None yet. Figures are read every few hours, or now from the menu.</p>;
  return (
    <ul aria-live="polite" className="mt-2 space-y-1.5 text-[0.8125rem]">
      {syncs.data.rows.slice(0, 6).map((row) => (
        <li key={row.id} className="flex flex-wrap items-baseline gap-x-2.5">
          {row.status === "queued" || row.status === "running" ? <LoaderCircle aria-hidden className="size-3.5 animate-spin self-center" /> : null}
          <span className="tabular">
            {row.from} – {row.to}
          </span>
          <span className={row.status === "failed" ? "text-destructive min-w-0 break-words" : "text-muted-foreground"}>
            {row.status === "failed" ? row.detail || "failed" : row.status === "done" ? `${count(row.rows)} rows` : row.status}
          </span>
          <span className="text-muted-foreground ml-auto text-xs">{ago(row.created_at, now)}</span>
        </li>
      ))}
    </ul>
  );
}

/** Begins to connect: the browser goes to the provider and comes back here, or a key connects at once. */
function useConnect(type: string, onConnected?: () => void) {
  const { site } = useScope();
  const queryClient = useQueryClient();
  const patch = usePatchSearch();
  return useMutation({
    mutationFn: (key: string | null) => connectChannel(type, { site: site.key, api_key: key }),
    onError: (error) => (onConnected ? undefined : tell(error)),
    onSuccess: async (answer) => {
      if (answer.authorize_url) {
        location.assign(answer.authorize_url);
        return;
      }
      onConnected?.();
      await queryClient.invalidateQueries({ queryKey: ["connected"] });
      patch({ connected: answer.channel?.id, failed: undefined });
    },
  });
}

function Catalog({ connected, manager, first }: { connected: readonly ConnectedChannel[]; manager: boolean; first: boolean }) {
  const providers = useQuery(providersQuery);
  return (
    <section aria-label="Connect">
      <h2 className="mb-2.5 text-sm font-semibold">{first ? "Connect your first account" : "Connect another account"}</h2>
      {providers.isError ? (
        <Card>
          <ErrorState error={providers.error} onRetry={() => void providers.refetch()} />
        </Card>
      ) : (
        <ul className="grid gap-3 sm:grid-cols-2 xl:grid-cols-4" {...(providers.isPending ? { "aria-busy": true } : {})}>
          {providers.isPending
            ? [0, 1, 2, 3].map((card) => (
                <li key={card}>
                  <Skeleton className="h-44 rounded-xl" />
                </li>
              ))
            : providers.data.rows.map((provider) => (
                <li key={provider.type}>
                  <ProviderCard provider={provider} count={connected.filter((row) => row.type === provider.type).length} manager={manager} />
                </li>
              ))}
        </ul>
      )}
    </section>
  );
}

/** Asks for the key that connects an account. */
function KeyDialog({ type, name, open, onOpenChange }: { type: string; name: string; open: boolean; onOpenChange: (open: boolean) => void }) {
  const [key, setKey] = useState("");
  const connect = useConnect(type, () => {
    onOpenChange(false);
    setKey("");
  });
  return (
    <Confirm
      open={open}
      onOpenChange={onOpenChange}
      title={`Connect ${name}`}
      description="With a private API key of the account. It is sealed as soon as it arrives and never shown again."
      action="Connect"
      pending={connect.isPending}
      disabled={key.trim() === ""}
      onConfirm={() => connect.mutate(key.trim())}
    >
      <Field
        label="Private API key"
        hint={type === "klaviyo" ? "In Klaviyo: Settings, API keys, Create private API key; full access to campaigns, lists, segments and metrics." : undefined}
        error={connect.error ? describe(connect.error).detail : undefined}
      >
        {(control) => <Input {...control} type="password" autoComplete="off" value={key} onChange={(event) => setKey(event.target.value)} className="font-mono" />}
      </Field>
    </Confirm>
  );
}

function ProviderCard({ provider, count: many, manager }: { provider: Provider; count: number; manager: boolean }) {
  const [asking, setAsking] = useState(false);
  // What goes wrong is told on the card.
  const connect = useConnect(provider.type, () => undefined);
  const problem = connect.error ? describe(connect.error) : null;
  return (
    <Card aria-label={provider.name} className="flex h-full flex-col p-4">
      <div className="flex items-center gap-3">
        <ProviderMark type={provider.type} size="lg" />
        <div className="min-w-0">
          <h3 className="truncate text-sm font-semibold">{provider.name}</h3>
          <p className="text-muted-foreground truncate text-xs">
            {many > 0 ? `${plural(many, "account")} connected` : provider.sandbox ? "Practice, no money moves" : `API ${provider.version}`}
          </p>
        </div>
      </div>
      <p className="text-muted-foreground mt-3 flex-1 text-[0.8125rem] text-pretty">{WHAT[provider.type] ?? provider.capabilities.join(", ")}</p>
      {!provider.configured ? (
        <p className="text-muted-foreground mt-3 text-xs text-pretty">Not set up here: whoever runs this installation has to add the app's credentials first.</p>
      ) : manager ? (
        <Button
          variant={many > 0 ? "outline" : "default"}
          className="mt-4 w-full"
          disabled={connect.isPending}
          aria-label={`Connect ${provider.name}`}
          onClick={() => (provider.auth === "key" ? setAsking(true) : connect.mutate(null))}
        >
          {connect.isPending ? <LoaderCircle className="animate-spin" /> : provider.auth === "key" ? <KeyRound /> : <Plug />}
          {connect.isPending && provider.auth !== "key" ? "Going to the sign-in…" : "Connect"}
        </Button>
      ) : null}
      {problem ? (
        <p role="alert" className="text-destructive mt-2 text-xs text-pretty break-words">
          <Words text={problem.detail} />
        </p>
      ) : null}
      <KeyDialog type={provider.type} name={provider.name} open={asking} onOpenChange={setAsking} />
    </Card>
  );
}
