import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { KeyRound, MailPlus, Plus, Trash2, X } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import type { ApiKey, Invitation, Member } from "@/api/loop-types";
import { changeRole, createKey, invite, keysQuery, type NewKey as NewKeyBody, removeMember, revokeInvitation, revokeKey, teamQuery } from "@/api/team";
import { ApiError, describe } from "@/api/problem";
import { Confirm } from "@/components/confirm";
import { CopyButton } from "@/components/copy-button";
import { TableSkeleton } from "@/components/data-table/table-skeleton";
import { Field } from "@/components/field";
import { Page } from "@/components/layout/page";
import { Note } from "@/components/note";
import { NothingYet } from "@/components/states/empty";
import { ErrorState } from "@/components/states/error";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardHeader, CardTitle } from "@/components/ui/card";
import { Dialog, DialogContent, DialogFooter } from "@/components/ui/dialog";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { Select } from "@/components/ui/select";
import { useCreate } from "@/hooks/use-create";
import { useNow } from "@/hooks/use-now";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { ago, dateTime, day, duration } from "@/lib/format";
import { allows, ROLE_HINTS, ROLES, whoMay } from "@/lib/roles";
import { tell } from "@/lib/told";

const ROLE_OPTIONS = ROLES.map((role) => ({ value: role as string, label: role.replace(/^./, (letter) => letter.toUpperCase()), hint: ROLE_HINTS[role] }));

const TABS = [
  { value: "people", label: "People" },
  { value: "keys", label: "API keys" },
] as const;

export function TeamPage() {
  const { me } = useScope();
  const { tab = "people" } = useSearch({ from: "/app/team" });
  const patch = usePatchSearch();
  return (
    <Page
      narrow
      title="Team and keys"
      description={`Who works in ${me.tenant.name}, and which programs may.`}
      actions={<Segmented label="View" value={tab} onChange={(next) => patch({ tab: next === "people" ? undefined : next })} segments={TABS} />}
    >
      {tab === "people" ? <People /> : <Keys />}
    </Page>
  );
}

function People() {
  const { me } = useScope();
  const now = useNow();
  const team = useQuery(teamQuery);
  const manager = allows(me, "manage_team");
  const [inviting, setInviting] = useState(false);
  const open = (team.data?.invitations ?? []).filter((one) => one.status === "open" && one.expires_at > now);
  return (
    <>
      <Card aria-label="Members" className="overflow-hidden">
        <CardHeader className="border-b">
          <CardTitle>People</CardTitle>
          {manager ? (
            <Button size="sm" className="ml-auto" onClick={() => setInviting(true)}>
              <MailPlus /> Invite
            </Button>
          ) : (
            <span className="text-muted-foreground ml-auto text-xs">{whoMay("manage_team").replace(/^./, (letter) => letter.toUpperCase())} invite people</span>
          )}
        </CardHeader>
        {team.isError ? (
          <ErrorState error={team.error} onRetry={() => void team.refetch()} />
        ) : team.isPending ? (
          <TableSkeleton rows={4} columns={1} />
        ) : (
          <ul className="divide-y">
            {team.data.members.map((member) => (
              <MemberRow key={member.user_id} member={member} manager={manager} />
            ))}
          </ul>
        )}
      </Card>
      {open.length > 0 ? (
        <Card aria-label="Invitations" className="overflow-hidden">
          <CardHeader className="border-b">
            <CardTitle>Invited</CardTitle>
          </CardHeader>
          <ul className="divide-y">
            {open.map((one) => (
              <InvitationRow key={one.id} invitation={one} manager={manager} />
            ))}
          </ul>
        </Card>
      ) : null}
      {team.data?.members.length === 1 && manager ? (
        <Note
          tone="accent"
          title="You are alone here"
          action={
            <Button size="sm" onClick={() => setInviting(true)}>
              <MailPlus /> Invite an approver
            </Button>
          }
        >
          Nobody approves their own campaign, so at least one more person is needed before anything can go live.
        </Note>
      ) : null}
      <Invite open={inviting} onOpenChange={setInviting} />
    </>
  );
}

function MemberRow({ member, manager }: { member: Member; manager: boolean }) {
  const queryClient = useQueryClient();
  const [leaving, setLeaving] = useState(false);
  const self = member.is_me;
  const refresh = () => queryClient.invalidateQueries({ queryKey: ["team"] });
  const role = useMutation({
    mutationFn: (next: string) => changeRole(member.user_id, next),
    onSuccess: (_, next) => toast.success(`${member.name || member.email} is now ${next === "analyst" || next === "admin" || next === "approver" ? "an" : "a"} ${next}`),
    onError: tell,
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: () => removeMember(member.user_id),
    onSuccess: () => {
      setLeaving(false);
      toast.success("Removed");
    },
    onError: tell,
    onSettled: refresh,
  });
  const name = member.name || member.email;
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3 sm:px-5">
      <span aria-hidden className="bg-accent-soft text-link dark:text-foreground grid size-8 shrink-0 place-items-center rounded-full text-xs font-semibold">
        {name.slice(0, 1).toUpperCase()}
      </span>
      <div className="min-w-0 flex-1 basis-40">
        <p className="flex items-center gap-2 text-[0.8125rem] font-medium">
          <span className="truncate">{name}</span> {self ? <Badge variant="outline">You</Badge> : null}
        </p>
        <p className="text-muted-foreground truncate text-xs">{member.email}</p>
      </div>
      {manager && !self ? (
        <div className="flex items-center gap-1.5">
          <Select label={`Role of ${name}`} value={role.isPending ? role.variables : member.role} onChange={(next) => role.mutate(next)} options={ROLE_OPTIONS} align="end" />
          <Button variant="ghost" size="icon-sm" aria-label={`Remove ${name}`} className="text-muted-foreground" onClick={() => setLeaving(true)}>
            <Trash2 />
          </Button>
        </div>
      ) : (
        <Badge variant="secondary" className="capitalize">
          {member.role}
        </Badge>
      )}
      <Confirm
        open={leaving}
        onOpenChange={setLeaving}
        title={`Remove ${name}`}
        description="They lose access at once. What they did stays on record under their name."
        action="Remove"
        destructive
        pending={remove.isPending}
        onConfirm={() => remove.mutate()}
      />
    </li>
  );
}

function InvitationRow({ invitation, manager }: { invitation: Invitation; manager: boolean }) {
  const now = useNow();
  const queryClient = useQueryClient();
  const revoke = useMutation({
    mutationFn: () => revokeInvitation(invitation.id),
    onSuccess: () => toast.success("Taken back", { description: "The link opens nothing any more." }),
    onError: tell,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["team"] }),
  });
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-[0.8125rem] sm:px-5">
      <span className="min-w-0 flex-1 basis-40 truncate font-medium">{invitation.email}</span>
      <Badge variant="secondary" className="capitalize">
        {invitation.role}
      </Badge>
      <span className="text-muted-foreground text-xs">link good for {duration(invitation.expires_at - now)}</span>
      {manager ? (
        <Button variant="ghost" size="icon-sm" aria-label={`Take back the invitation of ${invitation.email}`} className="text-muted-foreground" disabled={revoke.isPending} onClick={() => revoke.mutate()}>
          <X />
        </Button>
      ) : null}
    </li>
  );
}

function Invite({ open, onOpenChange }: { open: boolean; onOpenChange: (open: boolean) => void }) {
  const queryClient = useQueryClient();
  const [email, setEmail] = useState("");
  const [role, setRole] = useState("approver");
  const send = useCreate((input: { email: string; role: string }, key) => invite(input.email, input.role, key), {
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["team"] }),
  });
  const field = send.error instanceof ApiError ? (send.error.fields[0]?.detail ?? send.error.detail) : send.error ? describe(send.error).detail : undefined;
  const change = (now: boolean) => {
    onOpenChange(now);
    if (!now) {
      setEmail("");
      send.reset();
    }
  };
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent title={send.data ? "Send them this link" : "Invite somebody"} description={send.data ? "It is shown once, works once, and is good for a week." : "You get a link to send them; they choose their own password."}>
        {send.data ? (
          <>
            <div className="bg-muted/60 flex items-center gap-2 rounded-md border p-2 pl-3">
              <code data-testid="invitation-link" className="thin-scroll min-w-0 flex-1 overflow-x-auto font-mono text-xs whitespace-nowrap">
                {send.data.link}
              </code>
              <CopyButton text={send.data.link} />
            </div>
            <DialogFooter>
              <Button onClick={() => change(false)}>Done</Button>
            </DialogFooter>
          </>
        ) : (
          <form
            noValidate
            className="space-y-4"
            onSubmit={(event) => {
              event.preventDefault();
              if (!send.isPending) send.mutate({ email: email.trim(), role });
            }}
          >
            <Field label="Email" error={field}>
              {(control) => <Input {...control} type="email" autoComplete="off" value={email} onChange={(event) => setEmail(event.target.value)} />}
            </Field>
            <div className="space-y-1.5">
              <p className="text-[0.8125rem] font-medium">Role</p>
              <Select label="Role" value={role} onChange={setRole} options={ROLE_OPTIONS} className="w-full justify-between" />
              <p className="text-muted-foreground text-xs">{ROLE_HINTS[role as keyof typeof ROLE_HINTS]}</p>
            </div>
            <DialogFooter>
              <Button variant="outline" onClick={() => change(false)}>
                Cancel
              </Button>
              <Button type="submit" disabled={send.isPending || email.trim() === ""}>
                Make the link
              </Button>
            </DialogFooter>
          </form>
        )}
      </DialogContent>
    </Dialog>
  );
}

function Keys() {
  const { me } = useScope();
  const manager = allows(me, "manage_keys");
  const keys = useQuery({ ...keysQuery, enabled: manager });
  const [making, setMaking] = useState(false);
  if (!manager) return <Note title={`API keys are for ${whoMay("manage_keys")}.`}>A key lets a program, such as another agent, act here with a role of its own.</Note>;
  const rows = (keys.data?.rows ?? []).filter((row) => row.status !== "revoked");
  const gone = (keys.data?.rows ?? []).filter((row) => row.status === "revoked");
  return (
    <>
      <Card aria-label="API keys" className="overflow-hidden">
        <CardHeader className="border-b">
          <CardTitle>API keys</CardTitle>
          {rows.length > 0 ? (
            <Button size="sm" className="ml-auto" onClick={() => setMaking(true)}>
              <Plus /> New key
            </Button>
          ) : null}
        </CardHeader>
        {keys.isError ? (
          <ErrorState error={keys.error} onRetry={() => void keys.refetch()} />
        ) : keys.isPending ? (
          <TableSkeleton rows={3} columns={2} />
        ) : rows.length === 0 ? (
          <NothingYet
            icon={KeyRound}
            title="No keys yet"
            action={
              <Button onClick={() => setMaking(true)}>
                <Plus /> New key
              </Button>
            }
          >
            A key lets a program, such as another agent over MCP, work here with a role of its own. What it does is on record under its name.
          </NothingYet>
        ) : (
          <ul className="divide-y">
            {rows.map((row) => (
              <KeyRow key={row.id} row={row} />
            ))}
          </ul>
        )}
      </Card>
      {gone.length > 0 ? (
        <details className="text-[0.8125rem]">
          <summary className="focus-ring text-muted-foreground hover:text-foreground w-fit rounded-sm font-medium">
            {gone.length === 1 ? "1 revoked key" : `${gone.length} revoked keys`}
          </summary>
          <ul className="text-muted-foreground mt-2 space-y-1">
            {gone.map((row) => (
              <li key={row.id}>
                {row.name} <code className="font-mono text-xs">{row.prefix}…</code>
              </li>
            ))}
          </ul>
        </details>
      ) : null}
      <NewKey open={making} onOpenChange={setMaking} known={keys.data?.scopes ?? []} />
    </>
  );
}

function KeyRow({ row }: { row: ApiKey }) {
  const { site } = useScope();
  const now = useNow();
  const queryClient = useQueryClient();
  const [leaving, setLeaving] = useState(false);
  const revoke = useMutation({
    mutationFn: () => revokeKey(row.id),
    onSuccess: () => {
      setLeaving(false);
      toast.success("Revoked");
    },
    onError: tell,
    onSettled: () => queryClient.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  const ended = row.status === "expired" || (row.expires_at != null && row.expires_at <= now);
  return (
    <li className="flex flex-wrap items-center gap-x-3 gap-y-1.5 px-4 py-3 text-[0.8125rem] sm:px-5">
      <div className="min-w-0 flex-1 basis-48">
        <p className="flex flex-wrap items-center gap-2">
          <span className="truncate font-medium">{row.name}</span>
          <code className="text-muted-foreground font-mono text-xs">{row.prefix}…</code>
          {ended ? <Badge variant="warning">Expired</Badge> : null}
        </p>
        <p className="text-muted-foreground text-xs">
          <span className="capitalize">{row.role}</span>
          {row.scopes.length > 0 ? `, ${row.scopes.length} rights` : ""} ·{" "}
          {row.last_used_at ? <span title={dateTime(row.last_used_at, site.time_zone)}>used {ago(row.last_used_at, now)}</span> : "never used"}
          {row.expires_at && !ended ? ` · until ${day(row.expires_at, site.time_zone)}` : ""}
        </p>
      </div>
      <Button variant="outline" size="sm" onClick={() => setLeaving(true)}>
        Revoke
      </Button>
      <Confirm
        open={leaving}
        onOpenChange={setLeaving}
        title={`Revoke ${row.name}`}
        description="Whatever uses this key stops working at once. It cannot be brought back."
        action="Revoke"
        destructive
        pending={revoke.isPending}
        onConfirm={() => revoke.mutate()}
      />
    </li>
  );
}

const LIFETIMES = [
  { value: "30", label: "30 days" },
  { value: "90", label: "90 days" },
  { value: "365", label: "A year" },
  { value: "0", label: "Until revoked" },
] as const;

/** What keys are made for: of everything a key can be given, what the role has and the purpose needs. */
const PURPOSES = [
  { value: "agent", label: "Work on campaigns", hint: "Reads everything, drafts and submits; a person approves; publishes what was approved", role: "marketer", fits: () => true },
  { value: "read", label: "Read only", hint: "Figures, campaigns and answers; changes nothing", role: "analyst", fits: (scope: string) => scope.startsWith("read_") || scope === "ask_questions" },
] as const;

function NewKey({ open, onOpenChange, known }: { open: boolean; onOpenChange: (open: boolean) => void; known: readonly { name: string; allows: string; roles: string[] }[] }) {
  const queryClient = useQueryClient();
  const now = useNow();
  const [name, setName] = useState("");
  const [purpose, setPurpose] = useState<string>("agent");
  const [lifetime, setLifetime] = useState<string>("90");
  const make = useCreate((input: NewKeyBody, key) => createKey(input, key), {
    onSuccess: () => queryClient.invalidateQueries({ queryKey: ["api-keys"] }),
  });
  const chosen = PURPOSES.find((one) => one.value === purpose) ?? PURPOSES[0];
  const scopes = known.filter((scope) => scope.roles.includes(chosen.role) && chosen.fits(scope.name));
  const problem = make.error instanceof ApiError ? (make.error.fields[0]?.detail ?? make.error.detail) : make.error ? describe(make.error).detail : undefined;
  const change = (now: boolean) => {
    onOpenChange(now);
    if (!now) {
      setName("");
      make.reset();
    }
  };
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent
        title={make.data ? "Keep this key now" : "New API key"}
        description={make.data ? "It is shown this once. Store it where the program reads its secrets." : "For a program, such as another agent over MCP."}
      >
        {make.data ? (
          <>
            <div className="bg-muted/60 flex items-center gap-2 rounded-md border p-2 pl-3">
              <code data-testid="api-key" className="thin-scroll min-w-0 flex-1 overflow-x-auto font-mono text-xs whitespace-nowrap">
                {make.data.key}
              </code>
              <CopyButton text={make.data.key} />
            </div>
            <p className="text-muted-foreground mt-3 text-xs">
              Sent as <code className="font-mono">Authorization: Bearer …</code>
            </p>
            <DialogFooter>
              <Button onClick={() => change(false)}>Done</Button>
            </DialogFooter>
          </>
        ) : (
          <form
            className="space-y-4"
            onSubmit={(event) => {
              event.preventDefault();
              if (make.isPending) return;
              const days = Number(lifetime);
              make.mutate({ name: name.trim(), role: chosen.role, scopes: scopes.map((scope) => scope.name), expires_at: days > 0 ? Math.round(now / 60_000) * 60_000 + days * 86_400_000 : null });
            }}
          >
            <Field label="Name" hint="What uses it, so that you know later." error={problem}>
              {(control) => <Input {...control} value={name} maxLength={80} onChange={(event) => setName(event.target.value)} />}
            </Field>
            <div className="grid gap-4 sm:grid-cols-2">
              <div className="space-y-1.5">
                <p className="text-[0.8125rem] font-medium">May</p>
                <Select label="What the key may do" value={purpose} onChange={setPurpose} options={PURPOSES.map(({ value, label, hint }) => ({ value: value as string, label, hint }))} className="w-full justify-between" />
              </div>
              <div className="space-y-1.5">
                <p className="text-[0.8125rem] font-medium">Good for</p>
                <Select label="How long the key is good for" value={lifetime} onChange={setLifetime} options={LIFETIMES.map(({ value, label }) => ({ value: value as string, label }))} className="w-full justify-between" />
              </div>
            </div>
            <div className="text-muted-foreground text-xs text-pretty">
              <p>{chosen.hint}. A key never approves and never changes limits, team or keys.</p>
              <details className="mt-1.5">
                <summary className="focus-ring hover:text-foreground w-fit rounded-sm font-medium">{scopes.length === 1 ? "1 right" : `${scopes.length} rights`}</summary>
                <ul className="mt-1 list-inside list-disc">
                  {scopes.map((scope) => (
                    <li key={scope.name}>{scope.allows}</li>
                  ))}
                </ul>
              </details>
            </div>
            <DialogFooter>
              <Button variant="outline" onClick={() => change(false)}>
                Cancel
              </Button>
              <Button type="submit" disabled={make.isPending || name.trim() === ""}>
                Make the key
              </Button>
            </DialogFooter>
          </form>
        )}
      </DialogContent>
    </Dialog>
  );
}
