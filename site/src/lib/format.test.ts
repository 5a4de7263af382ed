import { describe, expect, it } from "vitest";

import { ago, bucket, change, changeText, count, country, countryCode, creditDigits, duration, exponent, figure, inHouse, money, NONE, percent, ratio, readsWhole, tone } from "./format";

describe("money", () => {
  it("divides by the currency's own exponent", () => {
    expect(exponent("EUR")).toBe(2);
    expect(money(12_950, "EUR")).toBe("€129.50");
    expect(exponent("JPY")).toBe(0);
    expect(money(12_950, "JPY")).toBe("¥12,950");
    expect(exponent("KWD")).toBe(3);
    expect(money(12_950, "KWD")).toBe("KWD 12.950".replace(" ", "\u00a0"));
  });
  it("leaves cents out from ten thousand on, and where a column asks for it", () => {
    expect(money(999_999, "EUR")).toBe("€9,999.99");
    expect(money(1_000_049, "EUR")).toBe("€10,000");
    expect(money(12_950, "EUR", { whole: true })).toBe("€130");
    expect(readsWhole([100, 1_000_000], "EUR")).toBe(true);
    expect(readsWhole([999_999, null], "EUR")).toBe(false);
    expect(readsWhole([10_000], "JPY")).toBe(true);
  });
  it("shortens for axes", () => {
    expect(money(1_234_500, "EUR", { compact: true })).toBe("€12.3K");
    expect(money(0, "EUR", { compact: true })).toBe("€0");
    expect(money(50, "EUR", { compact: true })).toBe("€0.50");
  });
  it("tells a loss, a sign, and what cannot be said", () => {
    expect(money(-4200, "EUR")).toBe("-€42.00");
    expect(money(4200, "EUR", { signed: true })).toBe("+€42.00");
    expect(money(0, "EUR", { signed: true })).toBe("€0.00");
    expect(money(null, "EUR")).toBe(NONE);
    expect(money(Number.NaN, "EUR")).toBe(NONE);
  });
  it("survives a currency nobody knows", () => {
    expect(money(100, "")).toBe("1.00");
    expect(money(100, "not a code")).toBe("1.00");
  });
});

describe("counts and rates", () => {
  it("keeps one digit of a credited conversion", () => {
    expect(count(1234)).toBe("1,234");
    expect(count(3.45)).toBe("3.5");
    expect(count(346, { digits: 1 })).toBe("346.0");
    expect(creditDigits([1, 2, 3.0000001])).toBe(0);
    expect(creditDigits([1, 2.5])).toBe(1);
  });
  it("reads fractions as percentages, small ones finer", () => {
    expect(percent(0.0234)).toBe("2.34%");
    expect(percent(0.234)).toBe("23.4%");
    expect(percent(0)).toBe("0.0%");
    expect(percent(null)).toBe(NONE);
  });
  it("follows the unit of the metric", () => {
    expect(figure(0.5, "percent", "EUR")).toBe("50.0%");
    expect(figure(3.4159, "ratio", "EUR")).toBe(ratio(3.4159));
    expect(ratio(3.4159)).toBe("3.42×");
    expect(figure(100, "money", "EUR")).toBe("€1.00");
    expect(figure(7, "count", "EUR")).toBe("7");
    expect(figure(undefined, "count", "EUR")).toBe(NONE);
  });
});

describe("changes", () => {
  it("cannot be told from nothing", () => {
    expect(change(5, 0)).toBeNull();
    expect(change(null, 5)).toBeNull();
    expect(changeText(null)).toBe(NONE);
  });
  it("keeps its direction when the figure before was negative", () => {
    expect(change(-50, -100)).toBe(0.5);
  });
  it("becomes a factor when percentages stop meaning anything", () => {
    expect(changeText(0.124)).toBe("+12.4%");
    expect(changeText(-0.5)).toBe("-50.0%");
    expect(changeText(13)).toBe("14×");
  });
  it("is good by the metric, not by its sign", () => {
    expect(tone(-0.1, "down")).toBe("good");
    expect(tone(0.1, "down")).toBe("bad");
    expect(tone(0.1, "up")).toBe("good");
    expect(tone(0.1, "none")).toBe("flat");
    expect(tone(0.0001, "up")).toBe("flat");
  });
});

describe("time", () => {
  const t = Date.parse("2026-11-20T23:30:00Z");
  it("is the site's, not the browser's", () => {
    expect(bucket(t, "d", "UTC")).toBe("20 Nov");
    expect(bucket(t, "d", "Asia/Tokyo")).toBe("21 Nov");
    expect(bucket(t, "h", "Asia/Tokyo")).toBe("08:30");
    expect(bucket(t, "m", "UTC")).toBe("Nov 2026");
    expect(bucket(t, "w", "UTC", true)).toBe("Week of Fri 20 Nov 2026");
  });
  it("falls back to UTC for a zone nobody knows", () => {
    expect(bucket(t, "d", "Mars/Olympus")).toBe("20 Nov");
  });
  it("tells lengths in at most two units", () => {
    expect(duration(4_000)).toBe("4 s");
    expect(duration(250_000)).toBe("4 min 10 s");
    expect(duration(3_900_000)).toBe("1 h 5 min");
    expect(duration(2 * 86_400_000)).toBe("2 d");
  });
  it("never tells the future", () => {
    expect(ago(t + 5000, t)).toBe("just now");
    expect(ago(t - 240_000, t)).toBe("4 min ago");
    expect(ago(t - 3 * 86_400_000, t)).toBe("3 d ago");
  });
});

describe("countries", () => {
  it("are found by code and by name", () => {
    expect(countryCode("de")).toBe("DE");
    expect(countryCode(" Germany ")).toBe("DE");
    expect(countryCode("united kingdom")).toBe("GB");
    expect(countryCode("Atlantis")).toBeNull();
    expect(countryCode("XX")).toBeNull();
    for (const code of ["AT", "CH", "FR", "IT", "JP", "NL", "PL", "SE", "US", "VN"]) expect(countryCode(country(code))).toBe(code);
  });
});

describe("an agent's words", () => {
  it("have figures written as the site writes its own", () => {
    expect(inHouse("Spend rose 4.4 % to 1,933.20 EUR, at 0.85 USD a click")).toBe("Spend rose 4.4% to €1,933.20, at $0.85 a click");
    expect(inHouse("move -12 EUR a day")).toBe("move -€12 a day");
  });
  it("keep what is quoted, and what is no currency", () => {
    expect(inHouse("says “free over 75 EUR” and 3 ADS of 12 SKU")).toBe("says “free over 75 EUR” and 3 ADS of 12 SKU");
    expect(inHouse('the claim "100 % wool"')).toBe('the claim "100 % wool"');
  });
});
