import { describe, expect, it } from "vitest";

import { decideSnippet, rewardSnippet } from "./snippet";

describe("the snippet of an experiment", () => {
  it("asks the address that events go to, for this site and experiment", () => {
    const code = decideSnippet({ key: "shop", collect_url: "https://a.example/attribution/collect" }, { key: "hero", surface: "site", context: [] });
    expect(code).toContain('site: "shop", experiment: "hero", visitor');
    expect(code).toContain("fetch(`https://a.example/decide?${asked}`)");
    expect(code).toContain("am_sid");
    expect(code).not.toContain("location.href");
  });
  it("says where the visitor came from only where the choice looks at it", () => {
    const code = decideSnippet({ key: "shop", collect_url: "" }, { key: "hero", surface: "site", context: ["channel"] });
    expect(code).toContain('asked.set("page", location.href)');
  });
  it("keeps each experiment's proof and sends all of them along with what counts", async () => {
    const store = new Map([["am_sid", "v-1"], ["am_exposure", '{"old":"plain.1.aa"}']]);
    const sent: unknown[] = [];
    const world = {
      localStorage: { getItem: (key: string) => store.get(key) ?? null, setItem: (key: string, value: string) => store.set(key, value) },
      fetch: (url: string) => Promise.resolve({ ok: url.includes("visitor=v-1"), json: () => ({ variant: "loud", payload: {}, exposure: "loud.2.bb" }) }),
      show: (variant: string) => sent.push(variant),
      AgenticTrack: { send: (event: string, props: object) => sent.push([event, props]) },
    };
    const page = decideSnippet({ key: "shop", collect_url: "" }, { key: "hero", surface: "site", context: [] });
    const thanks = rewardSnippet({ metric: "signup", surface: "site" });
     
    const run = new Function(...Object.keys(world), `return (async () => { ${page}\n${thanks} })()`) as (...world: unknown[]) => Promise<void>;
    await run(...Object.values(world));
    expect(sent).toEqual(["loud", ["signup", { $exposure: "plain.1.aa loud.2.bb" }]]);
  });
  it("takes an id of the recipient in a letter", () => {
    expect(decideSnippet({ key: "shop", collect_url: "" }, { key: "hero", surface: "email", context: ["channel"] })).not.toContain("am_sid");
  });
});
