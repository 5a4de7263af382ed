// Adds to a package-lock.json the optional packages of other platforms that the registry it was made with did not
// have, so that `npm ci` accepts the file on every platform. Run after `npm install`: node tools/complete-lock.mjs site
//
// What is added is pinned by version, without a checksum: npm checks those against the registry alone.

import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";

const SYSTEMS = { android: "android", darwin: "darwin", freebsd: "freebsd", linux: "linux", netbsd: "netbsd", openbsd: "openbsd", win32: "win32", windows: "win32" };
const PROCESSORS = { 64: "x64", x64: "x64", arm64: "arm64", arm: "arm", ia32: "ia32", wasm32: "wasm32" };

const folder = process.argv[2];
if (!folder) {
  process.stderr.write("usage: node tools/complete-lock.mjs FOLDER\n");
  process.exit(2);
}
const file = path.join(folder, "package-lock.json");
const lock = JSON.parse(readFileSync(file, "utf8"));
const packages = lock.packages;
let added = 0;
for (const { optionalDependencies = {} } of Object.values(packages)) {
  for (const [name, version] of Object.entries(optionalDependencies)) {
    const key = `node_modules/${name}`;
    if (packages[key] || !/^\d+\.\d+\.\d+/.test(version)) continue;
    const words = name.split(/[-/]/);
    const os = words.map((word) => SYSTEMS[word]).find(Boolean);
    const cpu = words.map((word) => PROCESSORS[word]).findLast(Boolean);
    packages[key] = { version, ...(cpu && { cpu: [cpu] }), optional: true, ...(os && { os: [os] }) };
    added += 1;
    process.stdout.write(`added ${name} ${version} (${os ?? "any system"}, ${cpu ?? "any processor"})\n`);
  }
}
const { "": root, ...rest } = packages;
lock.packages = { "": root, ...Object.fromEntries(Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))) };
if (added > 0) writeFileSync(file, `${JSON.stringify(lock, null, 2)}\n`);
