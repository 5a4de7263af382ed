import "@/styles/app.css";

import { MutationCache, type QueryKey, QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";

import { ApiError } from "@/api/problem";
import { Toaster } from "@/components/ui/sonner";
import { TooltipProvider } from "@/components/ui/tooltip";
import { makeRouter } from "@/routes/router";

/** A session that ended while the page was open: back to the sign-in, and to this very URL afterwards. */
function leaveWhenEnded(error: Error, key?: QueryKey): void {
  if (!(error instanceof ApiError) || error.status !== 401 || key?.[0] === "me") return;
  queryClient.removeQueries({ queryKey: ["me"] });
  void router.invalidate();
}

const queryClient = new QueryClient({
  queryCache: new QueryCache({ onError: (error, query) => leaveWhenEnded(error, query.queryKey) }),
  mutationCache: new MutationCache({ onError: (error) => leaveWhenEnded(error) }),
  defaultOptions: {
    // Without a network a call fails and says so, instead of waiting in silence for one; once it is back, all is read anew.
    mutations: { networkMode: "always" },
    queries: {
      networkMode: "always",
      refetchOnReconnect: true,
      staleTime: 30_000,
      retry: (failures, error) => failures < 2 && (!(error instanceof ApiError) || error.status === 0 || error.status >= 502),
    },
  },
});

const router = makeRouter(queryClient);

// A chunk of an older release is gone after a deploy: loading the page anew fetches the current one. Once, so that a
// server that is really broken is told as an error instead of reloading for ever.
window.addEventListener("vite:preloadError", (event) => {
  const key = "adroit.reloaded";
  try {
    const last = Number(sessionStorage.getItem(key) ?? 0);
    if (Date.now() - last < 60_000) return;
    sessionStorage.setItem(key, String(Date.now()));
  } catch {
    return;
  }
  event.preventDefault();
  location.reload();
});

const root = document.getElementById("root");
if (root) {
  createRoot(root).render(
    <StrictMode>
      <QueryClientProvider client={queryClient}>
        <TooltipProvider delayDuration={250}>
          <RouterProvider router={router} />
          <Toaster />
        </TooltipProvider>
      </QueryClientProvider>
    </StrictMode>,
  );
}
