import type { Experiment } from "@/api/experiments";
import type { Site } from "@/api/types";

/** Where the page keeps the proofs of what its visitor was shown, by experiment; the pixel clears it with its ids. */
const KEPT = "am_exposure";

/** What a page runs to know which variant to show: the answer is the same for the same visitor. */
export function decideSnippet(site: Pick<Site, "key" | "collect_url">, experiment: Pick<Experiment, "key" | "surface" | "context">): string {
  const base = /^https?:/.test(site.collect_url) ? new URL(site.collect_url).origin : "";
  const mail = experiment.surface === "email";
  const who = mail
    ? `// An id of the recipient that is no address. The events that count carry it as their sid.
const visitor = recipient.id;`
    : `// The id the pixel gave this browser; none before it has loaded or without consent.
const visitor = localStorage.getItem("am_sid") ?? "";`;
  const channel = !mail && experiment.context.includes("channel") ? `\nasked.set("page", location.href);\nasked.set("referrer", document.referrer);` : "";
  const keep = mail
    ? `// Keep \`exposure\` with the recipient: what they do carries it.`
    : `// The proof of what was shown, for what the visitor does next.
if (exposure) {
  const kept = JSON.parse(localStorage.getItem("${KEPT}") || "{}");
  localStorage.setItem("${KEPT}", JSON.stringify({ ...kept, "${experiment.key}": exposure }));
}`;
  return `${who}
const asked = new URLSearchParams({ site: "${site.key}", experiment: "${experiment.key}", visitor });${channel}
const { variant, payload, exposure } = await fetch(\`${base}/decide?\${asked}\`)
  .then((answer) => (answer.ok ? answer.json() : { variant: null }))
  .catch(() => ({ variant: null }));
${keep}
// null: it does not run. Show what you always show.
if (variant !== null) show(variant, payload);`;
}

/** How the event that counts carries the proof of what was shown. */
export function rewardSnippet(experiment: Pick<Experiment, "metric" | "surface">): string {
  if (experiment.surface === "email") {
    return `// The event as your server sends it.
{ event: "${experiment.metric}", sid: recipient.id, props: { $exposure: exposure } }`;
  }
  return `AgenticTrack.send("${experiment.metric}", {
  // … what you send already
  $exposure: Object.values(JSON.parse(localStorage.getItem("${KEPT}") || "{}")).join(" "),
});`;
}
