import { fileURLToPath } from "node:url";

import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { ProxyOptions } from "vite";
import { defineConfig } from "vitest/config";

import { mockApi } from "./vite.mock.ts";

/** Everything the API answers; page routes share some of these names, so a navigation (`Accept: text/html`) stays here. */
const API = "^/(auth|chat|me|tenants|sites|metrics|analytics|attribution|collect|journeys|inbox|imports|agents|audit|campaigns|approvals|assets|brand|guardrails|calendar|connectors|channels|team|invitations|api-keys|query|kpis|experiments|dead-letters|decide|insights|healthz|openapi.json|p.js)(/|$|\\?)";

const toApi: ProxyOptions = {
  target: "http://localhost:8787",
  bypass: (request) =>
    request.headers.accept?.includes("text/html") && !request.url?.includes("/oauth/callback") ? "/index.html" : undefined,
};

export default defineConfig(({ mode }) => ({
  plugins: [react(), tailwindcss(), ...(mode === "mock" ? [mockApi()] : [])],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  // Loaded on demand only; found late, it would make the development server reload the page.
  optimizeDeps: { include: ["cmdk"] },
  server: {
    port: 5173,
    ...(mode === "mock" ? {} : { proxy: { [API]: toApi } }),
  },
  build: {
    target: "es2022",
    manifest: true,
    rollupOptions: {
      output: {
        // What every page needs and what changes with our releases are cached apart.
        manualChunks: (id: string) => (/node_modules\/(react|react-dom|scheduler)\//.test(id) ? "react" : undefined),
      },
    },
  },
  test: { include: ["src/**/*.test.ts"], environment: "node" },
}));
