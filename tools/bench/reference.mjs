// Serves the two reference Workers of `cargo xtask bench collect`, each on a port of its own, without Miniflare's proxy
// in between: node reference.mjs STATE BARE_PORT ROW_PORT. Prints one line of JSON when ready; ends with its stdin.

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";

const HERE = path.dirname(fileURLToPath(import.meta.url));
const [state, barePort, rowPort] = process.argv.slice(2);
const pidFile = path.join(state, "workerd.pid");

process.env.ADROIT_WORKERD_PID_FILE = pidFile;
process.env.ADROIT_WORKERD = createRequire(import.meta.resolve("miniflare"))("workerd").default;
process.env.MINIFLARE_WORKERD_PATH = path.join(HERE, "..", "workerd.sh");

const { Miniflare, convertV4MiniflareOptions } = await import("miniflare");

const worker = (name, port) => ({
  name,
  rootPath: HERE,
  modulesRoot: HERE,
  modules: [{ type: "ESModule", path: path.join(HERE, `${name}.js`) }],
  compatibilityDate: "2026-11-17",
  unsafeDirectSockets: [{ host: "127.0.0.1", port: Number(port) }],
});

const miniflare = new Miniflare(
  convertV4MiniflareOptions({
    host: "127.0.0.1",
    port: 0,
    cf: false,
    resourcePersistencePath: path.join(state, "v3"),
    telemetry: { enabled: false },
    workers: [
      worker("bare", barePort),
      { ...worker("row", rowPort), durableObjects: { ROWS: { className: "Row", useSQLite: true } } },
    ],
  }),
);
await miniflare.ready;
process.stdout.write(`${JSON.stringify({ workerd_pid: Number(readFileSync(pidFile, "utf8")) })}\n`);
process.stdin.resume();
process.stdin.on("end", async () => {
  await miniflare.dispose();
  process.exit(0);
});
