import { Link } from "@tanstack/react-router";
import {
  Activity,
  Bot,
  Boxes,
  CalendarDays,
  ChartNoAxesCombined,
  ChartSpline,
  CircleAlert,
  CircleCheck,
  Code,
  FileSpreadsheet,
  FlaskConical,
  Gem,
  GitFork,
  Image,
  type LucideIcon,
  MailX,
  Megaphone,
  MessageCircleQuestion,
  MessagesSquare,
  PiggyBank,
  Plug,
  Route,
  ScrollText,
  ShieldCheck,
  TrendingUpDown,
  Users,
} from "lucide-react";

interface Entry {
  to:
    | "/"
    | "/attribution"
    | "/journeys"
    | "/customers"
    | "/ask"
    | "/budget"
    | "/stock"
    | "/chat"
    | "/live"
    | "/anomalies"
    | "/forecast"
    | "/campaigns"
    | "/approvals"
    | "/agents"
    | "/experiments"
    | "/calendar"
    | "/creatives"
    | "/channels"
    | "/install"
    | "/imports"
    | "/inbox"
    | "/dead-letters"
    | "/guardrails"
    | "/team"
    | "/audit";
  label: string;
  icon: LucideIcon;
}

export const GROUPS: { label: string; entries: Entry[] }[] = [
  {
    label: "Measure",
    entries: [
      { to: "/", label: "Dashboard", icon: ChartNoAxesCombined },
      { to: "/attribution", label: "Attribution", icon: GitFork },
      { to: "/journeys", label: "Journeys", icon: Route },
      { to: "/customers", label: "Customers", icon: Gem },
      { to: "/ask", label: "Ask", icon: MessageCircleQuestion },
      { to: "/live", label: "Live", icon: Activity },
      { to: "/anomalies", label: "Anomalies", icon: TrendingUpDown },
    ],
  },
  {
    label: "Plan",
    entries: [
      { to: "/forecast", label: "Forecast", icon: ChartSpline },
      { to: "/budget", label: "Budget", icon: PiggyBank },
      { to: "/stock", label: "Stock", icon: Boxes },
    ],
  },
  {
    label: "Act",
    entries: [
      { to: "/chat", label: "Assistant", icon: MessagesSquare },
      { to: "/campaigns", label: "Campaigns", icon: Megaphone },
      { to: "/approvals", label: "Approvals", icon: CircleCheck },
      { to: "/agents", label: "Agents", icon: Bot },
      { to: "/experiments", label: "Experiments", icon: FlaskConical },
      { to: "/calendar", label: "Calendar", icon: CalendarDays },
      { to: "/creatives", label: "Creatives", icon: Image },
    ],
  },
  {
    label: "Settings",
    entries: [
      { to: "/channels", label: "Channels", icon: Plug },
      { to: "/install", label: "Install", icon: Code },
      { to: "/imports", label: "Imports", icon: FileSpreadsheet },
      { to: "/inbox", label: "Inbox", icon: CircleAlert },
      { to: "/dead-letters", label: "Dead letters", icon: MailX },
      { to: "/guardrails", label: "Guardrails", icon: ShieldCheck },
      { to: "/team", label: "Team and keys", icon: Users },
      { to: "/audit", label: "Audit", icon: ScrollText },
    ],
  },
];

export function Navigation({ onNavigate }: { onNavigate?: () => void }) {
  return (
    <nav aria-label="Main" className="space-y-5">
      {GROUPS.map((group) => (
        <div key={group.label}>
          <div className="text-muted-foreground mb-1 px-2 text-2xs font-medium">{group.label}</div>
          <ul className="space-y-px">
            {group.entries.map(({ to, label, icon: Icon }) => (
              <li key={to}>
                <Link
                  to={to}
                  activeOptions={{ exact: to === "/", includeSearch: false }}
                  {...(onNavigate ? { onClick: onNavigate } : {})}
                  className="focus-ring text-muted-foreground hover:bg-accent hover:text-foreground data-[status=active]:bg-accent data-[status=active]:text-foreground group flex h-8 items-center gap-2.5 rounded-md px-2 text-sm font-medium transition-colors"
                >
                  <Icon aria-hidden className="group-data-[status=active]:text-link size-4" strokeWidth={1.9} />
                  {label}
                </Link>
              </li>
            ))}
          </ul>
        </div>
      ))}
    </nav>
  );
}
