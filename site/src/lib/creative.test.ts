import { describe, expect, it } from "vitest";

import { carryOver, EMPTY_CREATIVE, fill, lengthOf, limitOf, type Limit, shown } from "./creative";

const google = limitOf("google_ads", "headlines") as Limit;
const meta = limitOf("meta", "primary_text") as Limit;

describe("a text's length", () => {
  it("counts characters, not code units", () => {
    expect(lengthOf("Lampe", google)).toBe(5);
    expect(lengthOf("🕯️ light".replace("\ufe0f", ""), { wide: false })).toBe(7);
  });
  it("counts wide characters twice where the channel does", () => {
    expect(lengthOf("北欧の照明", google)).toBe(10);
    expect(lengthOf("조명", google)).toBe(4);
    expect(lengthOf("北欧の照明", { wide: false })).toBe(5);
  });
  it("is refused over a hard limit and cut off over a soft one", () => {
    expect(fill("x".repeat(30), google)).toEqual({ length: 30, state: "near" });
    expect(fill("x".repeat(31), google).state).toBe("over");
    expect(fill("照".repeat(16), google)).toEqual({ length: 32, state: "over" });
    expect(fill("x".repeat(126), meta).state).toBe("cut");
    expect(fill("short", meta).state).toBe("fits");
    expect(fill("", meta).state).toBe("empty");
  });
  it("shows what is left where it is cut", () => {
    expect(shown("x".repeat(130), meta)).toBe(`${"x".repeat(125)}…`);
    expect(shown("fits", meta)).toBe("fits");
    expect(shown("照".repeat(16), google)).toBe(`${"照".repeat(15)}…`);
  });
});

describe("text taken over from another channel", () => {
  const from = { ...EMPTY_CREATIVE, headlines: ["Warm light for dark days, made to last"], descriptions: ["Hand-made lamps"], primary_text: "Lamps from the north.", image_asset_ids: ["a1"], call_to_action: "LEARN_MORE" };
  it("leaves out what the channel would refuse", () => {
    const to = carryOver(from, EMPTY_CREATIVE, "google_ads");
    expect(to.headlines).toEqual(["Hand-made lamps"]);
    expect(to.descriptions).toEqual(["Hand-made lamps", "Lamps from the north."]);
    expect(to.image_asset_ids).toEqual([]);
  });
  it("overwrites nothing", () => {
    const mail = carryOver(from, { ...EMPTY_CREATIVE, subject: "Mine" }, "klaviyo");
    expect(mail.subject).toBe("Mine");
    expect(mail.preview_text).toBe("Hand-made lamps");
    const social = carryOver(from, { ...EMPTY_CREATIVE, headlines: ["Kept"], primary_text: "Kept too" }, "meta");
    expect(social).toMatchObject({ headlines: ["Kept"], primary_text: "Kept too", call_to_action: "LEARN_MORE", image_asset_ids: ["a1"] });
  });
});
