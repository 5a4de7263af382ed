import { describe, expect, it } from "vitest";

import { stockSearch } from "./search";

describe("the stock page's URL", () => {
  it("keeps what it knows and drops the defaults", () => {
    expect(stockSearch({ q: " tee ", show: "order", sort: "cover", reverse: "true", item: "v:tee/1" })).toEqual({
      q: "tee",
      show: "order",
      sort: "cover",
      reverse: true,
      item: "v:tee/1",
    });
    expect(stockSearch({ show: "all", sort: "risk" })).toEqual({});
  });

  it("drops what makes no sense", () => {
    expect(stockSearch({ show: "magic", sort: "price", reverse: "no", q: "" })).toEqual({});
  });
});
