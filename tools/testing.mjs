// Starts the real local runtime for a test: a fresh state folder, free ports, everything built.
//
//   const runtime = await startRuntime();            // { demo: true } fills the demo shop, too
//   await fetch(`${runtime.url}/healthz`);
//   await runtime.stop();                            // ends it and removes its state
//
// The demo's tenant, user and site are always there.

import { execFile } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const ROOT = path.resolve(path.dirname(fileURLToPath(import.meta.url)), "..");
const run = promisify(execFile);

/** The login and the site that every local state has. */
export const DEMO = Object.freeze({
  email: "admin@demo.test",
  password: "adroit-demo",
  site: "demo-site",
  secret: "demo-site-secret",
  currency: "EUR",
});

/** Runs `cargo xtask ...`, or the binary that started this test, with this environment on top. */
export async function xtask(args, env = {}) {
  const binary = process.env.ADROIT_XTASK;
  const [program, first] = binary ? [binary, []] : ["cargo", ["xtask"]];
  try {
    return await run(program, [...first, ...args], { cwd: ROOT, env: { ...process.env, ...env }, maxBuffer: 64 << 20 });
  } catch (error) {
    throw new Error(`cargo xtask ${args.join(" ")} failed:\n${error.stdout}${error.stderr}`);
  }
}

function isFree(port) {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

/** A port that is free and whose two successors are free: the runtime takes all three. */
export async function freePorts() {
  // Below the range systems take outgoing ports from, so that no connection can occupy one between here and the start.
  for (let attempt = 0; attempt < 200; attempt += 1) {
    const port = 12000 + 3 * Math.floor(Math.random() * 5333);
    if ((await isFree(port)) && (await isFree(port + 1)) && (await isFree(port + 2))) return port;
  }
  throw new Error("no three free ports in a row between 12000 and 28000");
}

async function waitUntilGone(pid) {
  for (let attempt = 0; attempt < 400; attempt += 1) {
    try {
      process.kill(pid, 0);
    } catch {
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
  throw new Error(`process ${pid} did not end within 10 s`);
}

/**
 * @param {{ demo?: boolean, env?: Record<string, string>, state?: string, port?: number }} [options]
 *   demo: send the demo shop's visitors; env: more environment for the runtime, such as CLICKHOUSE_URL; state: a folder
 *   that is kept; port: the front door's
 */
export async function startRuntime({ demo = false, env = {}, state: kept, port: wanted } = {}) {
  const state = kept ?? mkdtempSync(path.join(tmpdir(), "adroit-test-"));
  const port = wanted ?? (await freePorts());
  const environment = { ...env, ADROIT_STATE: state, ADROIT_PORT: String(port) };
  const status = () => JSON.parse(readFileSync(path.join(state, "runtime.json"), "utf8"));

  const runtime = {
    /** The front door. */
    url: `http://127.0.0.1:${port}`,
    /** The collect Worker, without the hop through the front door. */
    collectUrl: `http://127.0.0.1:${port + 1}`,
    /** The practice provider, by the name that the Workers and the browser know it by. */
    practiceUrl: `http://localhost:${port + 2}`,
    /** Controls of the practice provider: `practice("clock", { days: 7 })`, `practice("faults", plan, "provider=meta")`. */
    async practice(control, body, query = "") {
      const answer = await fetch(`http://localhost:${port + 2}/control/${control}?${query}`, {
        method: body === undefined ? "GET" : "POST",
        body: body === undefined ? undefined : JSON.stringify(body),
      });
      if (!answer.ok) throw new Error(`the practice provider's control ${control} answered ${answer.status}: ${await answer.text()}`);
      return answer.json();
    },
    /** The state folder: `v3/` holds the databases, `runtime.log` what the Workers said. */
    state,
    /** The process ids as of now. */
    get pid() {
      return status().pid;
    },
    get workerdPid() {
      return status().workerd_pid;
    },
    /** What the runtime and the Workers have logged since the last start. */
    log: () => readFileSync(path.join(state, "runtime.log"), "utf8"),
    /** SIGKILL to both processes at once: nothing gets to clean up. Resolves when they are gone. */
    async kill() {
      const { pid, workerd_pid: workerd } = status();
      for (const id of [pid, workerd]) {
        try {
          process.kill(id, "SIGKILL");
        } catch (error) {
          if (error.code !== "ESRCH") throw error;
        }
      }
      await waitUntilGone(pid);
      await waitUntilGone(workerd);
    },
    /** Starts again on the same state and ports, ending it first where it runs; `changes` go on top of its environment. */
    async restart(changes = {}) {
      await xtask(["stop"], environment);
      await xtask(["dev", "--detach", "--no-demo"], { ...environment, ...changes });
    },
    /** Runs one entry of the cron Worker's timetable now, e.g. "5 * * * *". */
    async scheduled(cron) {
      const answer = await fetch(`http://127.0.0.1:${status().control_port}/scheduled?cron=${encodeURIComponent(cron)}`, {
        method: "POST",
      });
      if (!answer.ok) throw new Error(`running cron "${cron}" answered ${answer.status}: ${await answer.text()}`);
      return answer.json();
    },
    /** Ends the runtime and removes its state, unless it is to be kept. */
    async stop() {
      await xtask(["stop"], environment);
      if (!kept) rmSync(state, { recursive: true, force: true, maxRetries: 5 });
    },
  };

  await xtask(["dev", "--detach", ...(demo ? [] : ["--no-demo"])], environment);
  return runtime;
}
