import { describe, expect, it } from "vitest";

import { decideSnippet } from "./snippet";

describe("the snippet of an experiment", () => {
  it("asks the address that events go to, for this site and experiment", () => {
    const code = decideSnippet({ key: "shop", collect_url: "https://a.example/attribution/collect" }, { key: "hero", surface: "site" });
    expect(code).toContain('site: "shop", experiment: "hero", visitor');
    expect(code).toContain("fetch(`https://a.example/decide?${asked}`)");
    expect(code).toContain("am_sid");
  });
  it("takes an id of the recipient in a letter", () => {
    expect(decideSnippet({ key: "shop", collect_url: "" }, { key: "hero", surface: "email" })).not.toContain("am_sid");
  });
});
