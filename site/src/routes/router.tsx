import type { QueryClient } from "@tanstack/react-query";
import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  Outlet,
  redirect,
  retainSearchParams,
} from "@tanstack/react-router";

import { ApiError } from "@/api/problem";
import { meQuery } from "@/api/queries";
import { attributionSearch } from "@/features/attribution/search";
import { dashboardSearch } from "@/features/dashboard/search";
import { forecastSearch } from "@/features/forecast/search";
import { AppShell } from "@/features/shell/app-shell";
import { NotFound, PageError, PagePending } from "@/features/shell/fallbacks";
import { stockSearch } from "@/features/stock/search";
import { flag, oneOf, safeRedirect, SCOPE_KEYS, scopeSearch, sort, text } from "@/lib/search";

const root = createRootRouteWithContext<{ queryClient: QueryClient }>()({ component: Outlet });

const login = createRoute({
  getParentRoute: () => root,
  path: "/login",
  validateSearch: (raw: Record<string, unknown>): { redirect?: string | undefined } => ({ redirect: safeRedirect(raw.redirect) }),
  component: lazyRouteComponent(() => import("@/features/login/login-page"), "LoginPage"),
});

/** Everything behind the sign-in. It is where the site, the days and the comparison live in the URL. */
const app = createRoute({
  getParentRoute: () => root,
  id: "app",
  validateSearch: scopeSearch,
  search: { middlewares: [retainSearchParams([...SCOPE_KEYS])] },
  beforeLoad: async ({ context, location }) => {
    try {
      await context.queryClient.ensureQueryData(meQuery);
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        throw redirect({ to: "/login", search: { redirect: safeRedirect(location.href) } });
      }
      throw error;
    }
  },
  component: AppShell,
  errorComponent: PageError,
});

const dashboard = createRoute({
  getParentRoute: () => app,
  path: "/",
  validateSearch: dashboardSearch,
  component: lazyRouteComponent(() => import("@/features/dashboard/dashboard-page"), "DashboardPage"),
});

const attribution = createRoute({
  getParentRoute: () => app,
  path: "/attribution",
  validateSearch: attributionSearch,
  component: lazyRouteComponent(() => import("@/features/attribution/attribution-page"), "AttributionPage"),
});

const journeys = createRoute({
  getParentRoute: () => app,
  path: "/journeys",
  validateSearch: (raw: Record<string, unknown>): { q?: string | undefined } => ({ q: text(raw.q) }),
  component: lazyRouteComponent(() => import("@/features/journeys/journeys-page"), "JourneysPage"),
});

const journey = createRoute({
  getParentRoute: () => app,
  path: "/journeys/$person",
  component: lazyRouteComponent(() => import("@/features/journeys/journey-page"), "JourneyPage"),
});

const customers = createRoute({
  getParentRoute: () => app,
  path: "/customers",
  component: lazyRouteComponent(() => import("@/features/customers/customers-page"), "CustomersPage"),
});

const ask = createRoute({
  getParentRoute: () => app,
  path: "/ask",
  validateSearch: (raw: Record<string, unknown>): { q?: string | undefined; tab?: "sql" | undefined } => ({
    q: text(raw.q, 500),
    tab: oneOf(raw.tab, ["sql"] as const),
  }),
  component: lazyRouteComponent(() => import("@/features/ask/ask-page"), "AskPage"),
});

const chat = createRoute({
  getParentRoute: () => app,
  path: "/chat",
  validateSearch: (raw: Record<string, unknown>): { q?: string | undefined } => ({ q: text(raw.q, 2000) }),
  component: lazyRouteComponent(() => import("@/features/chat/chat-page"), "ChatPage"),
});

const live = createRoute({
  getParentRoute: () => app,
  path: "/live",
  validateSearch: (
    raw: Record<string, unknown>,
  ): { event?: string | undefined; channel?: string | undefined; bots?: true | undefined } => ({
    event: text(raw.event, 80),
    channel: text(raw.channel, 80),
    bots: flag(raw.bots),
  }),
  component: lazyRouteComponent(() => import("@/features/live/live-page"), "LivePage"),
});

const anomalies = createRoute({
  getParentRoute: () => app,
  path: "/anomalies",
  validateSearch: (raw: Record<string, unknown>): { status?: "dismissed" | undefined } => ({ status: oneOf(raw.status, ["dismissed"] as const) }),
  component: lazyRouteComponent(() => import("@/features/anomalies/anomalies-page"), "AnomaliesPage"),
});

const forecast = createRoute({
  getParentRoute: () => app,
  path: "/forecast",
  validateSearch: forecastSearch,
  component: lazyRouteComponent(() => import("@/features/forecast/forecast-page"), "ForecastPage"),
});

const install = createRoute({
  getParentRoute: () => app,
  path: "/install",
  component: lazyRouteComponent(() => import("@/features/install/install-page"), "InstallPage"),
});

const imports = createRoute({
  getParentRoute: () => app,
  path: "/imports",
  validateSearch: (raw: Record<string, unknown>): { id?: string | undefined; kind?: string | undefined } => ({ id: text(raw.id, 80), kind: text(raw.kind, 40) }),
  component: lazyRouteComponent(() => import("@/features/imports/imports-page"), "ImportsPage"),
});

const inbox = createRoute({
  getParentRoute: () => app,
  path: "/inbox",
  validateSearch: (raw: Record<string, unknown>): { status?: "replayed" | "dismissed" | undefined } => ({
    status: oneOf(raw.status, ["replayed", "dismissed"] as const),
  }),
  component: lazyRouteComponent(() => import("@/features/inbox/inbox-page"), "InboxPage"),
});

const deadLetters = createRoute({
  getParentRoute: () => app,
  path: "/dead-letters",
  validateSearch: (raw: Record<string, unknown>): { status?: "replayed" | "dismissed" | undefined } => ({
    status: oneOf(raw.status, ["replayed", "dismissed"] as const),
  }),
  component: lazyRouteComponent(() => import("@/features/dead-letters/dead-letters-page"), "DeadLettersPage"),
});

const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  validateSearch: (raw: Record<string, unknown>): { kind?: string | undefined; sign_ins?: true | undefined } => ({ kind: text(raw.kind, 40), sign_ins: flag(raw.sign_ins) }),
  component: lazyRouteComponent(() => import("@/features/audit/audit-page"), "AuditPage"),
});

const campaigns = createRoute({
  getParentRoute: () => app,
  path: "/campaigns",
  validateSearch: (raw: Record<string, unknown>): { status?: string | undefined; q?: string | undefined; sort?: string | undefined } => ({
    status: text(raw.status, 20),
    q: text(raw.q),
    sort: sort(raw.sort),
  }),
  component: lazyRouteComponent(() => import("@/features/campaigns/campaigns-page"), "CampaignsPage"),
});

const STEPS = ["channels", "ads", "review"] as const;
const builderSearch = (raw: Record<string, unknown>): { step?: (typeof STEPS)[number] | undefined } => ({ step: oneOf(raw.step, STEPS) });

const newCampaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/new",
  validateSearch: builderSearch,
  component: lazyRouteComponent(() => import("@/features/builder/builder-page"), "NewCampaignPage"),
});

const editCampaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/$id/edit",
  validateSearch: builderSearch,
  component: lazyRouteComponent(() => import("@/features/builder/builder-page"), "EditCampaignPage"),
});

const campaign = createRoute({
  getParentRoute: () => app,
  path: "/campaigns/$id",
  validateSearch: (raw: Record<string, unknown>): { tab?: "ads" | "history" | undefined } => ({ tab: oneOf(raw.tab, ["ads", "history"] as const) }),
  component: lazyRouteComponent(() => import("@/features/campaigns/campaign-page"), "CampaignPage"),
});

const approvals = createRoute({
  getParentRoute: () => app,
  path: "/approvals",
  validateSearch: (raw: Record<string, unknown>): { status?: "approved" | "rejected" | "void" | undefined; id?: string | undefined } => ({
    status: oneOf(raw.status, ["approved", "rejected", "void"] as const),
    id: text(raw.id, 80),
  }),
  component: lazyRouteComponent(() => import("@/features/approvals/approvals-page"), "ApprovalsPage"),
});

const agents = createRoute({
  getParentRoute: () => app,
  path: "/agents",
  validateSearch: (raw: Record<string, unknown>): { agent?: string | undefined; status?: string | undefined; campaign?: string | undefined } => ({
    agent: text(raw.agent, 40),
    status: text(raw.status, 20),
    campaign: text(raw.campaign, 80),
  }),
  component: lazyRouteComponent(() => import("@/features/agents/agents-page"), "AgentsPage"),
});

const agentRun = createRoute({
  getParentRoute: () => app,
  path: "/agents/runs/$id",
  component: lazyRouteComponent(() => import("@/features/agents/run-page"), "RunPage"),
});

const experiments = createRoute({
  getParentRoute: () => app,
  path: "/experiments",
  component: lazyRouteComponent(() => import("@/features/experiments/experiments-page"), "ExperimentsPage"),
});

const experiment = createRoute({
  getParentRoute: () => app,
  path: "/experiments/$id",
  component: lazyRouteComponent(() => import("@/features/experiments/experiment-page"), "ExperimentPage"),
});

const budget = createRoute({
  getParentRoute: () => app,
  path: "/budget",
  component: lazyRouteComponent(() => import("@/features/budget/budget-page"), "BudgetPage"),
});

const stock = createRoute({
  getParentRoute: () => app,
  path: "/stock",
  validateSearch: stockSearch,
  component: lazyRouteComponent(() => import("@/features/stock/stock-page"), "StockPage"),
});

const calendar = createRoute({
  getParentRoute: () => app,
  path: "/calendar",
  validateSearch: (raw: Record<string, unknown>): { view?: "list" | undefined; month?: string | undefined } => ({
    view: oneOf(raw.view, ["list"] as const),
    month: typeof raw.month === "string" && /^\d{4}-(0[1-9]|1[0-2])$/.test(raw.month) ? raw.month : undefined,
  }),
  component: lazyRouteComponent(() => import("@/features/calendar/calendar-page"), "CalendarPage"),
});

const creatives = createRoute({
  getParentRoute: () => app,
  path: "/creatives",
  validateSearch: (raw: Record<string, unknown>): { tab?: "brand" | undefined } => ({ tab: oneOf(raw.tab, ["brand"] as const) }),
  component: lazyRouteComponent(() => import("@/features/creatives/creatives-page"), "CreativesPage"),
});

const channels = createRoute({
  getParentRoute: () => app,
  path: "/channels",
  validateSearch: (raw: Record<string, unknown>): { connected?: string | undefined; choose?: string | undefined; failed?: string | undefined } => ({
    connected: text(raw.connected, 80),
    choose: text(raw.choose, 80),
    failed: text(raw.failed, 500),
  }),
  component: lazyRouteComponent(() => import("@/features/channels/channels-page"), "ChannelsPage"),
});

const guardrails = createRoute({
  getParentRoute: () => app,
  path: "/guardrails",
  component: lazyRouteComponent(() => import("@/features/guardrails/guardrails-page"), "GuardrailsPage"),
});

const team = createRoute({
  getParentRoute: () => app,
  path: "/team",
  validateSearch: (raw: Record<string, unknown>): { tab?: "keys" | undefined } => ({ tab: oneOf(raw.tab, ["keys"] as const) }),
  component: lazyRouteComponent(() => import("@/features/team/team-page"), "TeamPage"),
});

/** Where the link of an invitation leads: whoever follows it is not signed in yet. */
const invitation = createRoute({
  getParentRoute: () => root,
  path: "/invitation",
  validateSearch: (raw: Record<string, unknown>): { token?: string | undefined } => ({ token: text(raw.token, 400) }),
  component: lazyRouteComponent(() => import("@/features/team/invitation-page"), "InvitationPage"),
});

const tree = root.addChildren([
  login,
  invitation,
  app.addChildren([
    dashboard,
    attribution,
    journeys,
    journey,
    customers,
    ask,
    budget,
    stock,
    chat,
    live,
    anomalies,
    forecast,
    campaigns,
    newCampaign,
    editCampaign,
    campaign,
    approvals,
    agents,
    agentRun,
    experiments,
    experiment,
    calendar,
    creatives,
    channels,
    install,
    imports,
    inbox,
    deadLetters,
    guardrails,
    team,
    audit,
  ]),
]);

export function makeRouter(queryClient: QueryClient) {
  return createRouter({
    routeTree: tree,
    context: { queryClient },
    defaultPreload: "intent",
    defaultPreloadStaleTime: 0,
    defaultPendingComponent: PagePending,
    defaultPendingMs: 150,
    defaultErrorComponent: PageError,
    defaultNotFoundComponent: NotFound,
    scrollRestoration: true,
  });
}

declare module "@tanstack/react-router" {
  interface Register {
    router: ReturnType<typeof makeRouter>;
  }
}
