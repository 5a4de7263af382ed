// Takes a picture of every page in every state, for people to look at. Needs `npm run dev:mock` and a Chromium.
//   node scripts/screens.mjs [out-dir] [page,…] [state,…] [theme,…] [width,…]
import { mkdirSync } from "node:fs";

import { chromium } from "playwright-core";

const [out = "screens", pages = "", states = "full", themes = "light,dark", widths = "1440,390"] = process.argv.slice(2);
const BASE = process.env.BASE ?? "http://localhost:5173";
const ALL = {
  login: "/login",
  dashboard: "/",
  attribution: "/attribution",
  compare: "/attribution?vs=first_touch",
  paths: "/attribution?tab=paths",
  journeys: "/journeys",
  journey: "/journeys/u%3Acustomer-4100",
  ask: "/ask",
  "ask-line": "/ask?q=Revenue+by+day+in+the+last+30+days",
  "ask-bar": "/ask?q=Revenue+by+channel+in+the+last+30+days",
  "ask-kpi": "/ask?q=Revenue+in+the+last+30+days+compared+with+the+period+before",
  "ask-unknown": "/ask?q=Revenue+by+unicorn",
  sql: "/ask?tab=sql",
  live: "/live",
  install: "/install",
  imports: "/imports",
  import: "/imports?id=im-1",
  "import-orders": "/imports?kind=shopify_orders",
  inbox: "/inbox",
  "dead-letters": "/dead-letters",
  audit: "/audit",
  campaigns: "/campaigns",
  campaign: "/campaigns/c-6",
  "campaign-draft": "/campaigns/c-36",
  "campaign-ads": "/campaigns/c-6?tab=ads",
  "campaign-history": "/campaigns/c-6?tab=history",
  build: "/campaigns/new",
  "build-channels": "/campaigns/c-6/edit?step=channels",
  "build-ads": "/campaigns/c-6/edit?step=ads",
  "build-review": "/campaigns/c-6/edit?step=review",
  approvals: "/approvals",
  agents: "/agents",
  run: "/agents/runs/run-9",
  report: "/agents/runs/run-1",
  experiments: "/experiments",
  experiment: "/experiments/ex-1",
  calendar: "/calendar",
  "calendar-list": "/calendar?view=list",
  creatives: "/creatives",
  brand: "/creatives?tab=brand",
  channels: "/channels",
  guardrails: "/guardrails",
  team: "/team",
  keys: "/team?tab=keys",
  invitation: "/invitation?token=new",
  missing: "/nowhere",
};

mkdirSync(out, { recursive: true });
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});
for (const theme of themes.split(",")) {
  for (const width of widths.split(",").map(Number)) {
    for (const state of states.split(",")) {
      const context = await browser.newContext({ viewport: { width, height: width > 600 ? 900 : 844 }, colorScheme: theme, deviceScaleFactor: 1 });
      if (state !== "full") await context.addCookies([{ name: "mock", value: state, url: BASE }]);
      for (const [name, path] of Object.entries(ALL)) {
        if (pages && !pages.split(",").includes(name)) continue;
        const page = await context.newPage();
        page.on("pageerror", (error) => console.log(`${name} ${state}: ${error.message}`));
        page.on("console", (message) => {
          if (message.type() === "error" && !/50\d|40\d/.test(message.text())) console.log(`${name} ${state}: ${message.text()}`);
        });
        await page.goto(BASE + path);
        // Until nothing is under way any more (a live stream never ends, so not for ever), and charts have settled.
        if (state !== "slow") await page.waitForLoadState("networkidle", { timeout: 6000 }).catch(() => undefined);
        await page.waitForTimeout(state === "error" ? 4500 : 900);
        const sideways = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (sideways > 0) console.log(`${name} ${theme} ${width}: scrolls sideways by ${sideways}px`);
        await page.screenshot({ path: `${out}/${name}-${state}-${theme}-${width}.png`, fullPage: true });
        await page.close();
      }
      await context.close();
    }
  }
}
await browser.close();
