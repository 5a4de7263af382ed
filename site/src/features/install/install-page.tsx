import { Link } from "@tanstack/react-router";
import { Check, Globe, Radio, ShieldCheck } from "lucide-react";
import { type ReactNode, useState } from "react";

import { CodeBlock } from "@/components/code-block";
import { Page } from "@/components/layout/page";
import { LiveIndicator } from "@/components/live-state";
import { Badge } from "@/components/ui/badge";
import { Button } from "@/components/ui/button";
import { Card, CardContent, CardDescription, CardHeader, CardTitle } from "@/components/ui/card";
import { Tabs, TabsContent, TabsList, TabsTrigger } from "@/components/ui/tabs";
import { useLive } from "@/hooks/use-live";
import { useNow } from "@/hooks/use-now";
import { useScope } from "@/hooks/use-scope";
import { ago, duration } from "@/lib/format";

import { browserExample, consentExample, curlExample, nodeExample } from "./examples";

export function InstallPage() {
  const { site } = useScope();
  return (
    <Page narrow title="Install" description={`Put ${site.name} on the map: one line in your pages, and orders from your server if you like.`}>
      <Step number={1} title="Put this line into every page" description="Anywhere in the head. It loads beside your page and never holds it up: under 1 KB.">
        <CodeBlock label="HTML" code={site.snippet} />
        <FirstHit key={site.key} site={site.key} />
      </Step>
      <Step number={2} title="Tell it what matters" description="Page views come by themselves, on single-page sites too. Everything else is one call.">
        <CodeBlock label="JavaScript" code={browserExample(site)} />
      </Step>
      <Step
        number={3}
        title="Send orders from your server"
        description="Signed with the site's secret, so that nobody else can. The signature covers the time and the exact bytes of the body, and is good for 5 minutes."
      >
        <Tabs defaultValue="curl">
          <TabsList aria-label="Language" className="mb-3">
            <TabsTrigger value="curl">curl and openssl</TabsTrigger>
            <TabsTrigger value="node">Node</TabsTrigger>
          </TabsList>
          <TabsContent value="curl">
            <CodeBlock label="Shell" code={curlExample(site)} />
          </TabsContent>
          <TabsContent value="node">
            <CodeBlock label="Node" code={nodeExample(site)} />
          </TabsContent>
        </Tabs>
        <p className="text-muted-foreground mt-3 text-[0.8125rem] text-pretty">
          Take <code className="font-mono text-xs">sid</code> from the visitor's browser (<code className="font-mono text-xs">localStorage.am_sid</code>) so that the order joins the visit. An
          order told by both the pixel and the server counts once, by its <code className="font-mono text-xs">order_id</code>.
        </p>
      </Step>
      <div className="grid grid-cols-1 gap-5 md:grid-cols-2">
        <Card aria-label="Allowed origins">
          <CardHeader className="pt-4 pb-1">
            <Globe aria-hidden className="text-muted-foreground size-4" />
            <CardTitle>Allowed origins</CardTitle>
          </CardHeader>
          <CardContent>
            <CardDescription>Browsers may send events for this site from these addresses only.</CardDescription>
            <ul className="mt-3 space-y-1.5">
              {site.origins.length === 0 ? <li className="text-muted-foreground text-[0.8125rem]">None yet: browsers will be refused.</li> : null}
              {site.origins.map((origin) => (
                <li key={origin} className="bg-muted/60 truncate rounded-md border px-2.5 py-1.5 font-mono text-xs">
                  {origin === "*" ? "any address (*)" : origin}
                </li>
              ))}
            </ul>
          </CardContent>
        </Card>
        <Card aria-label="Consent and privacy">
          <CardHeader className="pt-4 pb-1">
            <ShieldCheck aria-hidden className="text-muted-foreground size-4" />
            <CardTitle>Consent and privacy</CardTitle>
          </CardHeader>
          <CardContent className="text-muted-foreground space-y-2.5 text-[0.8125rem] text-pretty">
            <p>No cookies. A session id and an anonymous id live in the page's own storage; where storage is refused, only in memory.</p>
            <p>
              Where the browser sends <span className="text-foreground font-medium">Global Privacy Control</span>, nothing is stored or sent. An answer
              given to your own banner goes before it; a no also erases what was stored:
            </p>
            <CodeBlock label="JavaScript" code={consentExample()} />
          </CardContent>
        </Card>
      </div>
    </Page>
  );
}

function Step({ number, title, description, children }: { number: number; title: string; description: string; children: ReactNode }) {
  return (
    <Card aria-label={title}>
      <div className="flex gap-3.5 px-4 pt-4 pb-3 sm:px-5">
        <span aria-hidden className="bg-accent-soft text-link dark:text-foreground tabular grid size-6 shrink-0 place-items-center rounded-full text-xs font-semibold">
          {number}
        </span>
        <div>
          <CardTitle className="leading-6">{title}</CardTitle>
          <CardDescription className="text-pretty">{description}</CardDescription>
        </div>
      </div>
      <CardContent>{children}</CardContent>
    </Card>
  );
}

/** Watches the live stream for a hit that arrives while this page is open; earlier ones are told apart. */
function FirstHit({ site }: { site: string }) {
  const feed = useLive(site);
  const now = useNow(2000);
  const [opened] = useState(() => Date.now());
  // By the server's clock, or, should the two clocks disagree, by not having been in what the stream began with.
  const fresh = feed.hits.filter((hit) => hit.received_at >= opened || (feed.known !== null && !feed.known.has(hit.id)));
  const received = fresh.at(-1);
  const earlier = feed.hits[0];
  return (
    <div
      role="status"
      aria-label="First hit"
      className="mt-3 flex min-h-13 flex-wrap items-center gap-x-3 gap-y-2 rounded-lg border border-dashed px-3.5 py-2.5 text-[0.8125rem]"
    >
      {received ? (
        <>
          <span className="bg-positive-soft text-positive animate-in zoom-in-50 grid size-7 shrink-0 place-items-center rounded-full">
            <Check aria-hidden className="size-4" />
          </span>
          <span className="min-w-0 flex-1">
            <span className="block font-medium">Received! It works.</span>
            <span className="text-muted-foreground block truncate text-xs">
              {received.event} on {received.path || "/"} through {received.channel}, {duration(Math.max(1000, received.received_at - opened))} after you opened
              this page
            </span>
          </span>
          {fresh.length > 1 ? <Badge>{fresh.length} events</Badge> : null}
          <Button asChild variant="outline" size="sm">
            <Link to="/live">Watch live</Link>
          </Button>
        </>
      ) : (
        <>
          <span className="bg-muted text-muted-foreground grid size-7 shrink-0 place-items-center rounded-full">
            <Radio aria-hidden className="size-4 motion-safe:animate-pulse" />
          </span>
          <span className="min-w-0 flex-1">
            <span className="block font-medium">Waiting for the first hit…</span>
            <span className="text-muted-foreground block text-xs">
              {earlier ? `The latest one came ${ago(earlier.received_at, now)}. ` : ""}Open a page that has the line above; it shows here within two seconds.
            </span>
          </span>
          <LiveIndicator state={feed.state} />
        </>
      )}
    </div>
  );
}
