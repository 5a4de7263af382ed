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
import { AppShell } from "@/features/shell/app-shell";
import { NotFound, PageError, PagePending } from "@/features/shell/fallbacks";
import { flag, oneOf, safeRedirect, SCOPE_KEYS, scopeSearch, text } from "@/lib/search";

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

const install = createRoute({
  getParentRoute: () => app,
  path: "/install",
  component: lazyRouteComponent(() => import("@/features/install/install-page"), "InstallPage"),
});

const imports = createRoute({
  getParentRoute: () => app,
  path: "/imports",
  validateSearch: (raw: Record<string, unknown>): { id?: string | undefined } => ({ id: text(raw.id, 80) }),
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

const audit = createRoute({
  getParentRoute: () => app,
  path: "/audit",
  component: lazyRouteComponent(() => import("@/features/audit/audit-page"), "AuditPage"),
});

const tree = root.addChildren([
  login,
  app.addChildren([dashboard, attribution, journeys, journey, live, install, imports, inbox, audit]),
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
