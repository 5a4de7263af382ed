/** Which of the first steps are done, from what the API says is there. Pure. */
import { may, type Role, ROLES } from "@/lib/roles";

export type StepName = "pixel" | "account" | "approver" | "campaign" | "live";

export interface Facts {
  /** Visits of the last 30 days. */
  sessions: number;
  /** The status of each account. */
  accounts: readonly string[];
  /** The role of everybody who is or was asked to be in the team. */
  members: readonly string[];
  /** The status of each campaign. */
  campaigns: readonly string[];
}

/** Statuses of a campaign that has been out. */
const OUT = new Set(["live", "paused", "ended", "rolled_back"]);

export function stepsDone(facts: Facts): Set<StepName> {
  const roles = facts.members.filter((role): role is Role => (ROLES as readonly string[]).includes(role));
  const done: Record<StepName, boolean> = {
    pixel: facts.sessions > 0,
    account: facts.accounts.includes("connected"),
    // One who may approve is not enough: somebody else has to ask.
    approver: roles.length > 1 && roles.some((role) => may(role, "approve_campaigns")),
    campaign: facts.campaigns.length > 0,
    live: facts.campaigns.some((status) => OUT.has(status)),
  };
  return new Set((Object.keys(done) as StepName[]).filter((name) => done[name]));
}
