import type { Experiment } from "@/api/experiments";
import type { Site } from "@/api/types";

/** What a page runs to know which variant to show: the answer is the same for the same visitor. */
export function decideSnippet(site: Pick<Site, "key" | "collect_url">, experiment: Pick<Experiment, "key" | "surface">): string {
  const base = /^https?:/.test(site.collect_url) ? new URL(site.collect_url).origin : "";
  const who =
    experiment.surface === "email"
      ? `// An id of the recipient that is no address. The events that count carry it as their sid.
const visitor = recipient.id;`
      : `// The id the pixel gave this browser; none before it has loaded or without consent.
const visitor = localStorage.getItem("am_sid") ?? "";`;
  return `${who}
const asked = new URLSearchParams({ site: "${site.key}", experiment: "${experiment.key}", visitor });
const { variant, payload } = await fetch(\`${base}/decide?\${asked}\`)
  .then((answer) => (answer.ok ? answer.json() : { variant: null, payload: null }))
  .catch(() => ({ variant: null, payload: null }));

// null: it does not run. Show what you always show.
if (variant !== null) show(variant, payload);`;
}
