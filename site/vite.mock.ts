import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";

import { type Plugin, runnerImport } from "vite";

interface Mocks {
  answer: (request: Request) => Promise<Response | null>;
}

/**
 * Answers the API's routes from `src/mocks` in the development server (`npm run dev:mock`) and in front of a finished
 * build (`npm run preview:mock`), so that every page and every state of it can be looked at without a back end. Never
 * part of a build.
 */
export function mockApi(): Plugin {
  return {
    name: "adroit-mock-api",
    apply: "serve",
    configureServer(server) {
      server.middlewares.use((incoming, outgoing, next) => {
        const load = () => server.ssrLoadModule("/src/mocks/answer.ts") as Promise<Mocks>;
        serve(load, incoming, outgoing).then((served) => (served ? undefined : next()), next);
      });
    },
    configurePreviewServer(server) {
      const loaded = runnerImport<Mocks>("/src/mocks/answer.ts", { configFile: false, resolve: server.config.resolve });
      server.middlewares.use((incoming, outgoing, next) => {
        const load = async () => (await loaded).module;
        serve(load, incoming, outgoing).then((served) => (served ? undefined : next()), next);
      });
    },
  };
}

async function serve(load: () => Promise<Mocks>, incoming: IncomingMessage, outgoing: ServerResponse): Promise<boolean> {
  // Some pages share a path with an API route; a navigation wants the page.
  if (incoming.headers.accept?.includes("text/html")) return false;
  const { answer } = await load();
  const method = incoming.method ?? "GET";
  const response = await answer(
    new Request(new URL(incoming.url ?? "/", "http://localhost"), {
      method,
      headers: Object.entries(incoming.headers).flatMap(([name, value]) =>
        value === undefined ? [] : [[name, String(value)] as [string, string]],
      ),
      ...(method === "GET" || method === "HEAD" ? {} : { body: Readable.toWeb(incoming) as ReadableStream, duplex: "half" }),
    }),
  );
  if (!response) return false;
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (!response.body) {
    outgoing.end();
    return true;
  }
  const reader = response.body.getReader();
  incoming.on("close", () => void reader.cancel().catch(() => undefined));
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    outgoing.write(value);
  }
  outgoing.end();
  return true;
}
