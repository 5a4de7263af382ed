import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useMatches, useNavigate } from "@tanstack/react-router";
import { ChevronsUpDown, Globe, LogOut, Menu, Monitor, Moon, OctagonX, Search, Sun } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { toast } from "sonner";

import { guardrailsQuery } from "@/api/guardrails";
import { describe } from "@/api/problem";
import { logout, switchTenant } from "@/api/queries";
import { Button } from "@/components/ui/button";
import {
  DropdownMenu,
  DropdownMenuContent,
  DropdownMenuItem,
  DropdownMenuLabel,
  DropdownMenuRadioGroup,
  DropdownMenuRadioItem,
  DropdownMenuSeparator,
  DropdownMenuTrigger,
} from "@/components/ui/dropdown-menu";
import { Sheet, SheetContent, SheetDescription, SheetTitle, SheetTrigger } from "@/components/ui/sheet";
import { usePatchSearch, useScope } from "@/hooks/use-scope";
import { useTheme } from "@/hooks/use-theme";
import type { Theme } from "@/lib/theme";

import { DateRange } from "./date-range";
import { Logo } from "./logo";
import { Navigation } from "./navigation";

const CommandMenu = lazy(() => import("@/features/commands/command-menu").then((module) => ({ default: module.CommandMenu })));

/** Pages whose figures depend on the days chosen above. */
const DATED = new Set(["/app/", "/app/attribution", "/app/journeys", "/app/campaigns/$id"]);

export function AppShell() {
  const { me } = useScope();
  const [menu, setMenu] = useState(false);
  const dated = useMatches({ select: (matches) => matches.some((match) => DATED.has(match.routeId)) });
  const [palette, setPalette] = useState<{ open: boolean; wanted: boolean }>({ open: false, wanted: false });

  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === "k" && (event.metaKey || event.ctrlKey)) {
        event.preventDefault();
        setPalette((current) => ({ open: !current.open, wanted: true }));
      }
    };
    window.addEventListener("keydown", press);
    return () => window.removeEventListener("keydown", press);
  }, []);

  return (
    <div className="min-h-svh lg:grid lg:grid-cols-[14.5rem_minmax(0,1fr)]">
      <a
        href="#main"
        className="bg-primary text-primary-foreground focus-ring fixed top-2 left-2 z-60 -translate-y-16 rounded-md px-3 py-2 text-sm font-medium focus:translate-y-0"
      >
        Skip to content
      </a>

      <aside className="bg-sidebar sticky top-0 hidden h-svh flex-col border-r lg:flex">
        <div className="flex h-14 items-center gap-2.5 px-4">
          <Logo />
          <span className="text-[0.9375rem] font-semibold tracking-tight">Adroit</span>
        </div>
        <div className="px-3 pb-4">
          <SearchButton onOpen={() => setPalette({ open: true, wanted: true })} />
        </div>
        <div className="thin-scroll flex-1 overflow-y-auto px-3 pb-4">
          <Navigation />
        </div>
        <div className="border-t p-2">
          <UserMenu />
        </div>
      </aside>

      <div className="flex min-h-svh min-w-0 flex-col">
        <header className="bg-background/85 sticky top-0 z-30 flex h-14 items-center gap-2 border-b px-3 backdrop-blur-md sm:px-6 lg:px-8">
          <Sheet open={menu} onOpenChange={setMenu}>
            <SheetTrigger asChild>
              <Button variant="ghost" size="icon" className="-ml-1 lg:hidden" aria-label="Open navigation">
                <Menu />
              </Button>
            </SheetTrigger>
            <SheetContent className="lg:hidden">
              <div className="flex h-14 items-center gap-2.5 px-4">
                <Logo />
                <SheetTitle className="text-[0.9375rem] font-semibold">Adroit</SheetTitle>
                <SheetDescription className="sr-only">The pages of {me.tenant.name}</SheetDescription>
              </div>
              <div className="thin-scroll flex-1 overflow-y-auto px-3 py-2">
                <Navigation onNavigate={() => setMenu(false)} />
              </div>
              <div className="border-t p-2">
                <UserMenu />
              </div>
            </SheetContent>
          </Sheet>
          <SiteSwitcher />
          <div className="ml-auto flex shrink-0 items-center gap-1.5 sm:gap-2">
            {dated ? <DateRange /> : null}
            <ThemeSwitch />
          </div>
        </header>
        <StoppedBanner />
        <main id="main" tabIndex={-1} className="flex-1 outline-none">
          <Outlet />
        </main>
      </div>
      {palette.wanted ? (
        <Suspense>
          <CommandMenu open={palette.open} onOpenChange={(open) => setPalette({ open, wanted: true })} />
        </Suspense>
      ) : null}
    </div>
  );
}

/** While spending is stopped, every page says so and who can let it go on. */
function StoppedBanner() {
  const { data } = useQuery(guardrailsQuery);
  if (data?.data.spending_stopped !== true) return null;
  return (
    <div role="status" className="bg-destructive-soft text-destructive flex items-start gap-2.5 border-b px-3 py-2 text-[0.8125rem] sm:px-6 lg:px-8">
      <OctagonX aria-hidden className="mt-0.5 size-4 shrink-0" />
      <p className="min-w-0 flex-1">
        <span className="font-semibold">All spending is stopped.</span> {data.data.stopped_reason ? `${data.data.stopped_reason} ` : ""}
      </p>
      <Link to="/guardrails" className="focus-ring shrink-0 rounded-sm font-medium underline underline-offset-4">
        Guardrails
      </Link>
    </div>
  );
}

function SearchButton({ onOpen }: { onOpen: () => void }) {
  return (
    <button
      type="button"
      onClick={onOpen}
      aria-keyshortcuts="Control+K Meta+K"
      className="focus-ring text-muted-foreground hover:text-foreground bg-card hover:border-border-strong shadow-card flex h-8 w-full items-center gap-2 rounded-md border px-2.5 text-[0.8125rem] transition-colors"
    >
      <Search aria-hidden className="size-3.5" />
      Go to…
      <kbd className="bg-muted ml-auto rounded-sm border px-1 font-sans text-2xs leading-4">⌘K</kbd>
    </button>
  );
}

function SiteSwitcher() {
  const { me, site } = useScope();
  const patch = usePatchSearch();
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button variant="ghost" className="min-w-0 shrink px-2" aria-label={`Site: ${site.name}`}>
          <Globe className="text-muted-foreground" />
          <span className="truncate">{site.name}</span>
          <ChevronsUpDown className="text-muted-foreground size-3.5!" />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" className="w-60">
        <DropdownMenuLabel>{me.tenant.name}</DropdownMenuLabel>
        <DropdownMenuRadioGroup
          value={site.key}
          onValueChange={(key) => patch({ site: key === me.sites[0]?.key ? undefined : key, channel: undefined })}
        >
          {me.sites.map((one) => (
            <DropdownMenuRadioItem key={one.key} value={one.key}>
              <span className="min-w-0">
                <span className="block truncate font-medium">{one.name}</span>
                <span className="text-muted-foreground block truncate text-xs">
                  {one.key} · {one.currency}
                </span>
              </span>
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

const THEMES: { value: Theme; label: string; icon: typeof Sun }[] = [
  { value: "system", label: "System", icon: Monitor },
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
];

function ThemeSwitch() {
  const [theme, setTheme] = useTheme();
  const Icon = THEMES.find((one) => one.value === theme)?.icon ?? Monitor;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <Button variant="ghost" size="icon" aria-label={`Theme: ${theme}`} className="text-muted-foreground">
          <Icon />
        </Button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="end" className="min-w-36">
        <DropdownMenuRadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
          {THEMES.map(({ value, label, icon: One }) => (
            <DropdownMenuRadioItem key={value} value={value}>
              <One /> {label}
            </DropdownMenuRadioItem>
          ))}
        </DropdownMenuRadioGroup>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}

function UserMenu() {
  const { me } = useScope();
  const queryClient = useQueryClient();
  const navigate = useNavigate();
  const leave = useMutation({
    mutationFn: logout,
    onSuccess: async () => {
      await navigate({ to: "/login", search: {} });
      queryClient.clear();
    },
    onError: (error) => toast.error("Could not sign out", { description: describe(error).detail }),
  });
  const enter = useMutation({
    mutationFn: switchTenant,
    // Read anew from the start: nothing of the other tenant may stay on the screen or in memory.
    onSuccess: () => location.assign("/"),
    onError: (error) => toast.error("Could not switch", { description: describe(error).detail }),
  });
  const name = me.user.name || me.user.email;
  return (
    <DropdownMenu>
      <DropdownMenuTrigger asChild>
        <button
          type="button"
          className="focus-ring hover:bg-accent flex w-full items-center gap-2.5 rounded-md p-1.5 text-left transition-colors"
        >
          <span aria-hidden className="bg-accent-soft text-link dark:text-foreground grid size-7 shrink-0 place-items-center rounded-full text-xs font-semibold">
            {name.slice(0, 1).toUpperCase()}
          </span>
          <span className="sr-only">Account: </span>
          <span className="min-w-0 flex-1">
            <span className="block truncate text-[0.8125rem] leading-4 font-medium">{name}</span>
            <span className="text-muted-foreground block truncate text-xs leading-4">{me.tenant.name}</span>
          </span>
          <ChevronsUpDown aria-hidden className="text-muted-foreground size-3.5" />
        </button>
      </DropdownMenuTrigger>
      <DropdownMenuContent align="start" side="top" className="w-56">
        <DropdownMenuLabel>
          <span className="text-foreground block truncate text-[0.8125rem] font-medium">{me.user.email}</span>
          <span className="capitalize">{me.role}</span> of {me.tenant.name}
        </DropdownMenuLabel>
        {me.tenants.length > 1 ? (
          <>
            <DropdownMenuSeparator />
            <DropdownMenuLabel id="tenants">Switch tenant</DropdownMenuLabel>
            <DropdownMenuRadioGroup aria-labelledby="tenants" value={me.tenant.id} onValueChange={(id) => (id === me.tenant.id ? undefined : enter.mutate(id))}>
              {me.tenants.map((tenant) => (
                <DropdownMenuRadioItem key={tenant.id} value={tenant.id} disabled={enter.isPending}>
                  <span className="min-w-0">
                    <span className="block truncate font-medium">{tenant.name}</span>
                    <span className="text-muted-foreground block text-xs capitalize">{tenant.role}</span>
                  </span>
                </DropdownMenuRadioItem>
              ))}
            </DropdownMenuRadioGroup>
          </>
        ) : null}
        <DropdownMenuSeparator />
        <DropdownMenuItem onSelect={() => leave.mutate()}>
          <LogOut /> Sign out
        </DropdownMenuItem>
        <DropdownMenuSeparator />
        <DropdownMenuLabel>Adroit {me.version}</DropdownMenuLabel>
      </DropdownMenuContent>
    </DropdownMenu>
  );
}
