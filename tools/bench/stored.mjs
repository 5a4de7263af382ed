// What a state folder holds, read from the files themselves and not through anything of ours:
// node stored.mjs STATE prints {"d1":[ids],"r2":[ids],"in_sessions":n,"unacknowledged":n}.
//
// Files are told apart by their tables, so nothing depends on where Miniflare keeps them, but for one thing: an R2
// bucket's blobs lie in r2/<bucket>/blobs beside the bucket's own database.

import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import { gunzipSync } from "node:zlib";

const [state] = process.argv.slice(2);
const found = { d1: [], r2: [], in_sessions: 0, unacknowledged: 0 };

/** Several ids of one gzip object, in NDJSON. */
function idsOf(blob) {
  return gunzipSync(blob)
    .toString("utf8")
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line).id);
}

function findBlob(files, id) {
  const file = files.find((candidate) => path.basename(candidate) === id);
  if (!file) throw new Error(`the blob ${id} of a raw-log object is missing`);
  return readFileSync(file);
}

/** A file that workerd is just writing, or has just deleted, is looked at once more. */
function patiently(look) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return look();
    } catch (error) {
      if (attempt === 20) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 100);
    }
  }
}

function read(file) {
  const database = new DatabaseSync(file, { readOnly: true, timeout: 5000 });
  try {
    const all = (sql) => database.prepare(sql).all();
    const tables = new Set(all("SELECT name FROM sqlite_master WHERE type = 'table'").map((row) => row.name));
    if (tables.has("events") && tables.has("sessions")) {
      const ids = all("SELECT id FROM events").map((row) => row.id);
      return { d1: ids, in_sessions: all("SELECT COALESCE(SUM(events), 0) AS n FROM sessions")[0].n };
    }
    if (tables.has("_mf_objects")) {
      const objects = all("SELECT blob_id FROM _mf_objects WHERE key LIKE 'events/%' AND blob_id IS NOT NULL");
      const files = list();
      return { r2: objects.flatMap((object) => idsOf(findBlob(files, object.blob_id))) };
    }
    if (tables.has("visitor") && tables.has("event")) {
      return { unacknowledged: all("SELECT COUNT(*) AS n FROM event WHERE state < 2")[0].n };
    }
    return {};
  } finally {
    database.close();
  }
}

const list = () =>
  readdirSync(path.join(state, "v3"), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => path.join(entry.parentPath, entry.name));

for (const file of list().filter((name) => name.endsWith(".sqlite"))) {
  const part = patiently(() => (existsSync(file) ? read(file) : {}));
  found.d1.push(...(part.d1 ?? []));
  found.r2.push(...(part.r2 ?? []));
  found.in_sessions += part.in_sessions ?? 0;
  found.unacknowledged += part.unacknowledged ?? 0;
}
process.stdout.write(JSON.stringify(found));
