import type { Site } from "@/api/types";

/** Code to paste, with the site's own key and address filled in. */

const orderOf = (site: Site) => ({ event: "purchase", site: site.key, sid: "SESSION_ID", order_id: "10482", value: 129, currency: site.currency });

export function browserExample(site: Site): string {
  return `// Anything worth counting: the name is yours.
AgenticTrack.send("add_to_cart", { sku: "SOL-01", quantity: 1 });

// An order: value in ${site.currency} as people write it.
AgenticTrack.send("purchase", { order_id: "10482", value: 129.00, currency: "${site.currency}" });

// Once you know who it is, so that their devices become one person.
AgenticTrack.identify("customer-4100", { plan: "pro" });`;
}

export function consentExample(): string {
  return `AgenticTrack.consent(true);  // yes
AgenticTrack.consent(false); // no: forget`;
}

export function curlExample(site: Site): string {
  return `SECRET='the site’s signing secret'
BODY='${JSON.stringify(orderOf(site))}'
T=$(date +%s)
V1=$(printf '%s.%s' "$T" "$BODY" | openssl dgst -sha256 -hmac "$SECRET" | sed 's/^.* //')

curl -i ${site.collect_url} \\
  -H 'Content-Type: application/json' \\
  -H "Adroit-Signature: t=$T,v1=$V1" \\
  --data "$BODY"`;
}

export function nodeExample(site: Site): string {
  const order = JSON.stringify(orderOf(site), null, 2);
  return `import { createHmac } from "node:crypto";

const body = JSON.stringify(${order});
const t = Math.floor(Date.now() / 1000);
const v1 = createHmac("sha256", process.env.ADROIT_SECRET).update(\`\${t}.\${body}\`).digest("hex");

const answer = await fetch("${site.collect_url}", {
  method: "POST",
  headers: { "Content-Type": "application/json", "Adroit-Signature": \`t=\${t},v1=\${v1}\` },
  body,
});
console.log(answer.status); // 204: stored`;
}
