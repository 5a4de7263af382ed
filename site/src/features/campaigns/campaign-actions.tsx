import { useMutation } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { CalendarClock, CircleStop, EllipsisVertical, LoaderCircle, Pause, PenLine, Play, Rocket, Send, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import { toast } from "sonner";

import { actOnCampaign, type CampaignAction, deleteCampaign, submitCampaign } from "@/api/campaigns";
import type { CampaignDetail } from "@/api/loop-types";
import { Confirm } from "@/components/confirm";
import { Field } from "@/components/field";
import { Button } from "@/components/ui/button";
import { DropdownMenu, DropdownMenuContent, DropdownMenuItem, DropdownMenuTrigger } from "@/components/ui/dropdown-menu";
import { Input } from "@/components/ui/input";
import { Segmented } from "@/components/ui/segmented";
import { Textarea } from "@/components/ui/textarea";
import { useCreate } from "@/hooks/use-create";
import { useScope } from "@/hooks/use-scope";
import { tomorrowAtNine } from "@/lib/campaign";
import { dateTime, money } from "@/lib/format";
import { tell } from "@/lib/told";
import { fromLocal, zoneName } from "@/lib/zoned";

import { useRefreshCampaigns } from "@/hooks/use-refresh-campaigns";

type Asking = "submit" | "withdraw" | "publish" | "pause" | "resume" | "end" | "rollback" | "delete" | null;

/** What may be done with the campaign now: exactly the API's `actions`. One is the next step, the others are in a menu. */
export function CampaignActions({ campaign }: { campaign: CampaignDetail }) {
  const [asking, setAsking] = useState<Asking>(null);
  const can = (action: string) => campaign.actions.includes(action);
  const next = (["publish", "submit", "resume"] as const).find(can);
  const menu = (
    [
      ["pause", "Pause", Pause],
      ["resume", "Resume", Play],
      ["submit", "Submit for approval", Send],
      ["withdraw", "Withdraw from review", Undo2],
      ["rollback", "Roll back…", Undo2],
      ["end", "End…", CircleStop],
      ["delete", "Delete…", Trash2],
    ] as const
  ).filter(([action]) => can(action) && action !== next && !(action === "pause" && campaign.status === "live"));
  const close = () => setAsking(null);
  return (
    <>
      {can("edit") ? (
        <Button asChild variant="outline">
          <Link to="/campaigns/$id/edit" params={{ id: campaign.id }}>
            <PenLine /> Edit
          </Link>
        </Button>
      ) : null}
      {can("pause") && campaign.status === "live" ? (
        <Button variant="outline" onClick={() => setAsking("pause")}>
          <Pause /> Pause
        </Button>
      ) : null}
      {next === "publish" ? (
        <Button onClick={() => setAsking("publish")}>
          <Rocket /> {campaign.status === "failed" ? "Publish again" : campaign.live_hash ? "Publish the change" : "Publish"}
        </Button>
      ) : next === "submit" ? (
        <Button onClick={() => setAsking("submit")}>
          <Send /> Submit for approval
        </Button>
      ) : next === "resume" ? (
        <Button onClick={() => setAsking("resume")}>
          <Play /> Resume
        </Button>
      ) : null}
      {menu.length > 0 ? (
        <DropdownMenu>
          <DropdownMenuTrigger asChild>
            <Button variant="outline" size="icon" aria-label="More actions">
              <EllipsisVertical />
            </Button>
          </DropdownMenuTrigger>
          <DropdownMenuContent align="end">
            {menu.map(([action, label, Icon]) => (
              <DropdownMenuItem key={action} onSelect={() => setAsking(action)}>
                <Icon /> {label}
              </DropdownMenuItem>
            ))}
          </DropdownMenuContent>
        </DropdownMenu>
      ) : null}
      <Submit campaign={campaign} open={asking === "submit"} onClose={close} />
      <Publish campaign={campaign} open={asking === "publish"} onClose={close} />
      <Plain campaign={campaign} asking={asking} onClose={close} />
    </>
  );
}

function Submit({ campaign, open, onClose }: { campaign: CampaignDetail; open: boolean; onClose: () => void }) {
  const refresh = useRefreshCampaigns();
  const [reason, setReason] = useState("");
  const submit = useCreate((text: string, key) => submitCampaign(campaign.id, text, key), {
    onSuccess: async () => {
      onClose();
      toast.success("Submitted", { description: "Somebody who may approve sees it in Approvals now." });
      await refresh();
    },
    onError: tell,
  });
  return (
    <Confirm
      open={open}
      onOpenChange={(now) => (now ? undefined : onClose())}
      title="Submit for approval"
      description="Somebody else decides. What they see is exactly this plan; editing it afterwards takes the request back."
      action="Submit"
      pending={submit.isPending}
      onConfirm={() => submit.mutate(reason.trim())}
    >
      <Field label="What should the approver know?" optional>
        {(control) => <Textarea {...control} value={reason} maxLength={1000} onChange={(event) => setReason(event.target.value)} />}
      </Field>
    </Confirm>
  );
}

function Publish({ campaign, open, onClose }: { campaign: CampaignDetail; open: boolean; onClose: () => void }) {
  const { site, today } = useScope();
  const refresh = useRefreshCampaigns();
  const [when, setWhen] = useState<"now" | "later">("now");
  const [local, setLocal] = useState(() => tomorrowAtNine(today));
  const at = when === "later" ? fromLocal(local, site.time_zone) : null;
  const [opened] = useState(() => Date.now());
  const wrong = when === "later" && (at === null ? "Choose a day and a time." : at <= opened ? "That time has passed; choose a later one." : undefined);
  const publish = useCreate((input: { at?: number }, key) => actOnCampaign(campaign.id, "publish", key, input), {
    onSuccess: async (_, input) => {
      onClose();
      toast.success(input.at ? "Scheduled" : "Publishing has begun", {
        description: input.at ? `It goes out on ${dateTime(input.at, site.time_zone)}.` : "Everything is created paused and switched on last.",
      });
      await refresh();
    },
    onError: tell,
  });
  return (
    <Confirm
      open={open}
      onOpenChange={(now) => (now ? undefined : onClose())}
      title={campaign.live_hash ? "Publish the approved change" : "Publish"}
      description={`${campaign.channels.map((one) => one.name).join(", ")}, at most ${money(campaign.budget_daily, campaign.currency)} a day. Limits and the kill switch are checked once more before anything can spend.`}
      action={when === "now" ? "Publish now" : "Schedule"}
      pending={publish.isPending}
      disabled={Boolean(wrong)}
      onConfirm={() => publish.mutate(at === null ? {} : { at })}
    >
      <div className="space-y-3">
        {campaign.actions.includes("schedule") ? (
          <Segmented
          label="When"
          value={when}
          onChange={setWhen}
          segments={[
            { value: "now", label: "Now" },
            { value: "later", label: "At a time" },
          ]}
          />
        ) : null}
        {when === "later" ? (
          <Field label="Day and time" hint={zoneName(opened, site.time_zone)} error={wrong || undefined}>
            {(control) => <Input {...control} type="datetime-local" value={local} onChange={(event) => setLocal(event.target.value)} className="tabular" />}
          </Field>
        ) : campaign.start_at && campaign.start_at > opened ? (
          <p className="text-muted-foreground flex gap-2 text-[0.8125rem]">
            <CalendarClock aria-hidden className="mt-0.5 size-4 shrink-0" /> It is set up now and begins to run on {dateTime(campaign.start_at, site.time_zone)}, as planned.
          </p>
        ) : null}
      </div>
    </Confirm>
  );
}

const PLAIN: Record<Exclude<Asking, "submit" | "publish" | null>, { title: string; description: string; action: string; done: string; destructive?: boolean }> = {
  withdraw: { title: "Withdraw from review", description: "The request, or an approval that was not used, is taken back. The plan becomes a draft again.", action: "Withdraw", done: "Withdrawn" },
  pause: { title: "Pause this campaign", description: "Its ads rest on every channel and nothing more is spent. You can resume it at any time.", action: "Pause", done: "Pausing" },
  resume: { title: "Resume this campaign", description: "It goes on with what was approved last.", action: "Resume", done: "Resuming" },
  end: { title: "End this campaign", description: "It stops on every channel for good. What it brought stays on record; to run it again, make a new one.", action: "End campaign", done: "Ending", destructive: true },
  rollback: { title: "Roll back", description: "What was live before the last change is restored. If there was nothing before, everything is taken back.", action: "Roll back", done: "Rolling back", destructive: true },
  delete: { title: "Delete this campaign", description: "It was never published, so nothing remains of it anywhere. This cannot be undone.", action: "Delete", done: "Deleted", destructive: true },
};

function Plain({ campaign, asking, onClose }: { campaign: CampaignDetail; asking: Asking; onClose: () => void }) {
  const refresh = useRefreshCampaigns();
  const navigate = useNavigate();
  const { site } = useScope();
  const [last, setLast] = useState<keyof typeof PLAIN>("pause");
  const plain = asking !== null && asking !== "submit" && asking !== "publish";
  if (plain && asking !== last) setLast(asking);
  const act = useMutation<unknown, Error, keyof typeof PLAIN>({
    mutationFn: (action) => (action === "delete" ? deleteCampaign(campaign.id) : actOnCampaign(campaign.id, action satisfies CampaignAction, crypto.randomUUID())),
    onSuccess: async (_, action) => {
      onClose();
      toast.success(PLAIN[action].done);
      if (action === "delete") await navigate({ to: "/campaigns", search: { site: site.key } });
      await refresh();
    },
    onError: tell,
  });
  const text = PLAIN[last];
  return (
    <Confirm
      open={plain}
      onOpenChange={(now) => (now ? undefined : onClose())}
      title={text.title}
      description={text.description}
      action={text.action}
      destructive={text.destructive ?? false}
      pending={act.isPending}
      onConfirm={() => act.mutate(last)}
    />
  );
}

export function Busy({ children }: { children: string }) {
  return (
    <span className="text-muted-foreground inline-flex items-center gap-1.5 text-xs">
      <LoaderCircle aria-hidden className="size-3.5 animate-spin" /> {children}
    </span>
  );
}
