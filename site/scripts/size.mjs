// Weighs what the browser loads to show the dashboard: every .js file reachable from the entry and from the
// dashboard's route by static imports, gzipped. Reads dist/, so build first. Exits 1 when over the budget.
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const BUDGET = 220 * 1024;
const ROUTE = "src/features/dashboard/dashboard-page.tsx";

const manifest = JSON.parse(readFileSync("dist/.vite/manifest.json", "utf8"));
const entry = Object.values(manifest).find((chunk) => chunk.isEntry);
if (!entry || !manifest[ROUTE]) throw new Error(`dist/.vite/manifest.json lacks the entry or ${ROUTE}: build first`);

const seen = new Set();
const visit = (chunk) => {
  if (seen.has(chunk.file)) return;
  seen.add(chunk.file);
  for (const name of chunk.imports ?? []) visit(manifest[name]);
};
visit(entry);
visit(manifest[ROUTE]);
// Beside the modules: what index.html asks for itself.
const html = readFileSync("dist/index.html", "utf8");
for (const [, path] of html.matchAll(/(?:src|href)="\/([^"]+\.js)"/g)) seen.add(path);

let total = 0;
for (const file of [...seen].sort()) {
  const size = gzipSync(readFileSync(`dist/${file}`), { level: 9 }).length;
  total += size;
  console.log(`${String(size).padStart(8)}  ${file}`);
}
console.log(`${String(total).padStart(8)}  bytes of JavaScript, gzipped, for the first route; the budget is ${BUDGET}`);
if (total > BUDGET) process.exit(1);
