// Real files through the collector: what Adroit counts equals an independent count over the same file.
// The files are not part of the project; without them, or without Python, these tests are skipped and say so.

import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DEMO, startRuntime, xtask } from "../tools/testing.mjs";

const run = promisify(execFile);
const HERE = path.dirname(fileURLToPath(import.meta.url));
const DATA = path.resolve(HERE, "../../shared/data");
const CDNOW_ROWS = 3000;
const FILES = [
  { map: "clickstream-1998", file: "ecommerce_clickstream_1998_1999.csv", currency: "EUR" },
  { map: "retentioneering", file: "retentioneering_ecom_synthetic.csv.gz", currency: "EUR" },
  // Each of its 23,570 customers is an object with files of its own: the first 3,000 rows show the same in a fraction of
  // the time. `cargo xtask replay` takes the whole file.
  { map: "cdnow", file: "cdnow_master.txt", currency: "USD", limit: CDNOW_ROWS },
];

const missing = FILES.filter(({ file }) => !existsSync(path.join(DATA, file)));
const python = await run("python3", ["--version"]).then(() => true, () => false);
const skip =
  (missing.length > 0 && `the reference data is not there: ${missing.map(({ file }) => file).join(", ")}`) ||
  (!python && "python3, which counts independently, is not installed");

let runtime;
let truth;

before(async () => {
  if (skip) return;
  truth = JSON.parse((await run("python3", [path.join(HERE, "replay_truth.py"), DATA, `${CDNOW_ROWS}`])).stdout);
  runtime = await startRuntime();
});
after(() => runtime?.stop());

async function api(method, route, token, body) {
  const answer = await fetch(`${runtime.url}${route}`, {
    method,
    headers: { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) },
    body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  assert.ok(answer.ok, `${method} ${route} answered ${answer.status}: ${text}`);
  return JSON.parse(text);
}

const login = (tenant) => api("POST", "/auth/login", undefined, { email: DEMO.email, password: DEMO.password, tenant });

/** A site of its own for each file, so that nothing is mixed; its server signs what it sends. */
async function freshSite(name, currency) {
  const { token } = await login();
  const site = { key: name, name, currency, time_zone: "UTC", origins: [] };
  const created = await api("POST", "/tenants", token, { name, site });
  const { token: own } = await login(created.tenant.id);
  return { token: own, secret: created.signing_secret };
}

async function metrics(token, site, { from, to }) {
  return (await api("GET", `/analytics/summary?site=${site}&from=${from}&to=${to}`, token)).metrics;
}

/** Reads the figures until they have been the same, and complete, for a while. */
async function settled(token, site, expected) {
  let last;
  for (let attempt = 0; attempt < 400; attempt += 1) {
    const now = await metrics(token, site, expected);
    if (now.events >= expected.events && last && JSON.stringify(now) === JSON.stringify(last)) return now;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
  throw new Error(`after ${last?.events} of ${expected.events} events nothing more arrived`);
}

for (const { map, file, currency, limit } of FILES) {
  test(`${file}: events, users, sessions, purchases and revenue are those of an independent count`, { skip }, async () => {
    const expected = truth[map];
    const { token, secret } = await freshSite(map, currency);
    const replay = ["replay", path.join(DATA, file), "--map", map, "--site", map, "--secret", secret, "--url", runtime.url];
    if (limit) replay.push("--limit", `${limit}`);
    const { stdout } = await xtask(replay);
    assert.match(stdout, new RegExp(`accepted +${expected.events}\\b`));
    const found = await settled(token, map, expected);
    assert.deepEqual(
      { events: found.events, users: found.visitors, sessions: found.sessions, purchases: found.orders, revenue_minor: found.revenue },
      {
        events: expected.events,
        users: expected.users,
        sessions: expected.sessions,
        purchases: expected.purchases,
        revenue_minor: expected.revenue_minor,
      },
    );
  });
}

test("replaying a file again doubles nothing", { skip }, async () => {
  const { map, file } = FILES[1];
  const { token, secret } = await freshSite("again", "EUR");
  const replay = ["replay", path.join(DATA, file), "--map", map, "--site", "again", "--secret", secret, "--url", runtime.url, "--limit", "2000"];
  await xtask(replay);
  const expected = { events: 2000, from: truth[map].from, to: truth[map].to };
  const once = await settled(token, "again", expected);
  await xtask(replay);
  // What would be doubled would be there within the time that the first round took.
  await new Promise((resolve) => setTimeout(resolve, 10_000));
  assert.deepEqual(await metrics(token, "again", expected), once);
});
