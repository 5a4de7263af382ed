/**
 * Which roles may do what, so that the site can say who may. What the caller may do stands in the API's `me`; a test
 * holds this table against the API's own.
 */

export const ROLES = ["admin", "marketer", "analyst", "approver"] as const;
export type Role = (typeof ROLES)[number];

const TABLE = {
  read_audit: ["admin", "approver"],
  manage_imports: ["admin", "marketer"],
  run_agents: ["admin", "marketer", "analyst"],
  edit_campaigns: ["admin", "marketer"],
  edit_experiments: ["admin", "marketer"],
  manage_dead_letters: ["admin", "marketer"],
  approve_campaigns: ["admin", "approver"],
  publish_campaigns: ["admin", "marketer"],
  stop_spending: ["admin", "marketer", "approver"],
  manage_guardrails: ["admin"],
  manage_channels: ["admin", "marketer"],
  manage_team: ["admin"],
  manage_keys: ["admin"],
} as const satisfies Record<string, readonly Role[]>;

export type Right = keyof typeof TABLE;
export const RIGHTS = Object.keys(TABLE) as Right[];

/** Whether a role has the right. */
export function may(role: Role, right: Right): boolean {
  return (TABLE[right] as readonly string[]).includes(role);
}

/** Whether the caller has the right, so that nothing is offered that would be refused. */
export function allows(me: { permissions: readonly string[] }, right: Right): boolean {
  return me.permissions.includes(right);
}

/** "admins and marketers". */
export function whoMay(right: Right): string {
  const names = TABLE[right].map((role) => `${role}s`);
  return names.length < 2 ? names.join("") : `${names.slice(0, -1).join(", ")} and ${names.at(-1)}`;
}

export const ROLE_HINTS: Record<Role, string> = {
  admin: "Runs the workspace: team, keys, limits, and everything below",
  marketer: "Plans and runs campaigns, connects channels, uploads files",
  analyst: "Reads figures and asks for reports",
  approver: "Approves or rejects what others plan, and can stop spending",
};
