// The local runtime: all eight Workers in one Miniflare, wired as their wrangler.toml files say.
//
// What lives here: reading those files, local ports, local secrets, the timetable, and an orderly end.
// What must not: anything about what the Workers do. `cargo xtask dev` prepares the state folder and starts this file.
//
// Environment: ADROIT_STATE (state folder), ADROIT_PORT (front door; collect listens on the next port,
// the practice provider on the one after),
// ADROIT_END_WITH_STDIN (end when standard input ends, that is with the process that holds it),
// CLICKHOUSE_URL, CLICKHOUSE_USER, CLICKHOUSE_PASSWORD, CLICKHOUSE_DATABASE, MODEL_* and the waits of PACE (optional,
// handed to the Workers).

import { spawn } from "node:child_process";
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import path from "node:path";
import { fileURLToPath } from "node:url";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const HOST = "127.0.0.1";
const CONFIGS = [
  "wrangler.toml", // the front door comes first: Miniflare's own port leads to the first Worker
  "workers/collect/wrangler.toml",
  "workers/agents/wrangler.toml",
  "workers/connectors/wrangler.toml",
  "workers/cron/wrangler.toml",
  "durable/wrangler.toml",
  "workers/science/wrangler.toml",
  "workers/sandbox/wrangler.toml",
];
const FRONT_DOOR = "adroit-api";
const COLLECT = "adroit-collect";
const CRON = "adroit-cron";
const SANDBOX = "adroit-sandbox";
/** What agents and questions need to ask a language model. */
const MODEL_SETTINGS = ["MODEL_URL", "MODEL_NAME", "MODEL_KEY", "MODEL_FALLBACK", "MODEL_PRICE_IN", "MODEL_PRICE_OUT", "MODEL_SILENCE_MS"];
/** Waits that tests cut short. */
const PACE = ["AGENT_RETRY_MS", "EXPERIMENT_JUDGE_MS"];

/** An error whose message is meant for a person: printed without a stack. */
class Refusal extends Error {}

const state = path.resolve(process.env.ADROIT_STATE ?? path.join(ROOT, ".adroit"));
const port = portNumber(process.env.ADROIT_PORT ?? "8787");
const collectPort = port + 1;
const sandboxPort = port + 2;
/** The Workers that are reached by a port of their own. */
const OWN_PORTS = { [COLLECT]: collectPort, [SANDBOX]: sandboxPort };
const statusFile = path.join(state, "runtime.json");
// One file per start, so that the watchdog of an earlier, killed runtime can never end this one's workerd.
const workerdPidFile = path.join(state, `workerd-${process.pid}.pid`);

function portNumber(text) {
  const number = Number(text);
  if (!Number.isInteger(number) || number < 1 || number > 65533) {
    throw new Refusal(`ADROIT_PORT is "${text}"; it must be a whole number from 1 to 65533 (the next two ports are used too)`);
  }
  return number;
}

function log(level, message) {
  process.stdout.write(`${new Date().toISOString()} ${level.padEnd(5)} ${message}\n`);
}

function readSecrets() {
  const file = path.join(state, "secrets.json");
  if (!existsSync(file)) {
    throw new Refusal(`${file} is missing; start the runtime with \`cargo xtask dev\`, which prepares the state folder`);
  }
  const { JWT_SECRET, VAULT_KEY, VAULT_KEYS_OLD = "" } = JSON.parse(readFileSync(file, "utf8"));
  if (!JWT_SECRET || !VAULT_KEY) {
    throw new Refusal(`${file} lacks JWT_SECRET or VAULT_KEY; \`cargo xtask dev --fresh\` writes a new one`);
  }
  return { JWT_SECRET, VAULT_KEY, VAULT_KEYS_OLD };
}

/** The vars every Worker sees locally, over those of its wrangler.toml. */
function localBindings() {
  const bindings = {
    ADROIT_ENV: "local",
    DEFAULT_SITE: "demo-site",
    // Where accounts are connected for which there is no app of the real provider.
    PRACTICE_URL: `http://localhost:${sandboxPort}`,
    ...readSecrets(),
  };
  // The MCP conformance suite's fixtures: for its test alone, see the crate `protocol`.
  if (process.env.ADROIT_CONFORMANCE === "1") bindings.ADROIT_CONFORMANCE = "1";
  for (const name of ["CLICKHOUSE_URL", "CLICKHOUSE_USER", "CLICKHOUSE_PASSWORD", "CLICKHOUSE_DATABASE", ...MODEL_SETTINGS, ...PACE]) {
    if (process.env[name]) bindings[name] = process.env[name];
  }
  return bindings;
}

async function readWorkers() {
  const { unstable_getMiniflareWorkerOptions: workerOptions, unstable_readConfig: readConfig } = await import("wrangler");
  const bindings = localBindings();
  return CONFIGS.map((file) => {
    const config = readConfig({ config: path.join(ROOT, file) });
    const { workerOptions: options, main } = workerOptions(config);
    const built = path.dirname(main);
    const modules = [
      { type: "ESModule", path: path.join(built, "index.js") },
      { type: "CompiledWasm", path: path.join(built, "index_bg.wasm") },
    ];
    for (const module of modules) {
      if (!existsSync(module.path)) {
        throw new Refusal(`${path.relative(ROOT, module.path)} is missing; \`cargo xtask build\` makes it`);
      }
    }
    const page = config.assets && path.join(path.dirname(path.join(ROOT, file)), config.assets.directory, "index.html");
    if (page && !existsSync(page)) {
      throw new Refusal(`the site is not built: ${path.relative(ROOT, page)} is missing; \`cargo xtask build\` makes it`);
    }
    const { modulesRules: _, ...rest } = options;
    return {
      ...rest,
      name: config.name,
      rootPath: ROOT,
      modulesRoot: built,
      modules,
      bindings: { ...rest.bindings, ...bindings },
      unsafeDirectSockets: OWN_PORTS[config.name] ? [{ host: HOST, port: OWN_PORTS[config.name] }] : undefined,
    };
  });
}

function probe(number) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error) => resolve(error.code));
    server.listen(number, HOST, () => server.close(() => resolve(undefined)));
  });
}

/** Waits a little for a port that a runtime just killed may still hold. */
async function refuseBusyPort(number) {
  let problem = await probe(number);
  for (let attempt = 0; problem === "EADDRINUSE" && attempt < 30; attempt += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    problem = await probe(number);
  }
  if (problem === "EADDRINUSE") {
    throw new Refusal(`port ${number} is in use by another program; stop that one (\`cargo xtask stop\` if it is Adroit) or set ADROIT_PORT`);
  }
  if (problem) throw new Refusal(`port ${number} cannot be opened (${problem}); set ADROIT_PORT to another`);
}

/**
 * Ends workerd when this process is gone, however it went: the watchdog reads a pipe whose other end only we hold,
 * so even after a SIGKILL no workerd keeps the ports and the databases.
 */
function startWatchdog() {
  const script = 'cat >/dev/null; pid=$(cat "$1" 2>/dev/null) && kill -9 "$pid" 2>/dev/null; rm -f "$1"';
  const watchdog = spawn("/bin/sh", ["-c", script, "adroit-watchdog", workerdPidFile], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
  });
  watchdog.unref();
  watchdog.stdin.unref?.();
}

/** Calls a Worker's `scheduled` handler at the times its wrangler.toml names (UTC, as in production). */
async function startTimetable(miniflare, crons) {
  const { Cron } = await import("croner");
  return crons.map(
    (expression) =>
      new Cron(expression, { timezone: "UTC", protect: true }, () =>
        runScheduled(miniflare, expression).catch((error) => log("error", `cron "${expression}": ${error.message}`)),
      ),
  );
}

async function runScheduled(miniflare, cron) {
  const worker = await miniflare.getWorker(CRON);
  const result = await worker.scheduled({ cron, scheduledTime: new Date() });
  log(result.outcome === "ok" ? "info" : "error", `cron "${cron}": ${result.outcome}`);
  return result;
}

/** `POST /scheduled?cron=EXPRESSION` runs one entry of the timetable now. Only this machine reaches it. */
async function startControl(miniflare, crons) {
  const server = createHttpServer(async (request, response) => {
    const answer = (status, body) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    try {
      const url = new URL(request.url, "http://control");
      if (request.method !== "POST" || url.pathname !== "/scheduled") return answer(404, { detail: "only POST /scheduled is known here" });
      const cron = url.searchParams.get("cron");
      if (!crons.includes(cron)) return answer(422, { detail: `cron must be one of ${crons.join(" | ")}` });
      answer(200, await runScheduled(miniflare, cron));
    } catch (error) {
      answer(500, { detail: error.message });
    }
  });
  await new Promise((resolve) => server.listen(0, HOST, resolve));
  server.unref();
  return server;
}

async function main() {
  const workers = await readWorkers();
  await refuseBusyPort(port);
  for (const own of Object.values(OWN_PORTS)) await refuseBusyPort(own);

  process.env.ADROIT_WORKERD_PID_FILE = workerdPidFile;
  process.env.ADROIT_WORKERD = createRequire(import.meta.resolve("miniflare"))("workerd").default;
  process.env.MINIFLARE_WORKERD_PATH = path.join(ROOT, "tools", "workerd.sh");
  startWatchdog();
  // Whoever read our log may be gone before us; that must not cut the orderly end short.
  for (const stream of [process.stdout, process.stderr]) stream.on("error", () => {});

  const { Log, LogLevel, Miniflare, convertV4MiniflareOptions } = await import("miniflare");
  const miniflare = new Miniflare(
    convertV4MiniflareOptions({
      host: HOST,
      port,
      cf: false, // Miniflare's default is to ask Cloudflare where this machine is
      log: new Log(LogLevel.WARN),
      handleStructuredLogs: ({ level, message }) => log(level, message),
      resourcePersistencePath: path.join(state, "v3"),
      telemetry: { enabled: false },
      unsafeHandleRuntimeRestart: () => writeStatus(),
      workers,
    }),
  );

  let ending = false;
  let timetable = [];
  let control;
  const startedAt = Date.now();
  /** Says to `cargo xtask stop` and to tests who is running and where; workerd's id changes when Miniflare restarts it. */
  const writeStatus = () => {
    const status = {
      pid: process.pid,
      workerd_pid: Number(readFileSync(workerdPidFile, "utf8")),
      port,
      collect_port: collectPort,
      sandbox_port: sandboxPort,
      control_port: control?.address().port ?? null,
      started_at: startedAt,
    };
    writeFileSync(`${statusFile}.new`, `${JSON.stringify(status, null, 2)}\n`);
    renameSync(`${statusFile}.new`, statusFile);
  };
  const end = async (signal) => {
    if (ending) return;
    ending = true;
    log("info", `${signal}: ending`);
    for (const job of timetable) job.stop();
    // workerd answers SIGTERM at once unless it hangs; the watchdog sees to the rest when we exit.
    await Promise.race([miniflare.dispose(), new Promise((resolve) => setTimeout(resolve, 5000))]).catch(() => {});
    rmSync(statusFile, { force: true });
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => end(signal));

  if (process.env.ADROIT_END_WITH_STDIN) process.stdin.resume().once("end", () => end("the starting process is gone"));

  await miniflare.ready;
  const crons = workers.find((worker) => worker.name === CRON)?.cronTriggers ?? [];
  timetable = await startTimetable(miniflare, crons);
  control = await startControl(miniflare, crons);
  writeStatus();
  log("info", `${FRONT_DOOR} on http://localhost:${port}, ${COLLECT} on http://localhost:${collectPort}, ${SANDBOX} on http://localhost:${sandboxPort}`);
}

main().catch((error) => {
  process.stderr.write(error instanceof Refusal ? `error: ${error.message}\n` : `error: the local runtime did not start\n${error.stack}\n`);
  process.exit(1);
});
