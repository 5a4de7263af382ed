/** Money as people type it: major units in, minor units out, by the currency's own number of decimals. */

import { exponent } from "./format";

export type ParsedMoney = { minor: number | null; error?: undefined } | { minor?: undefined; error: string };

/** Largest amount taken, in minor units: figures up to here are exact. */
const MAX = 1_000_000_000_000;

/**
 * Reads an amount such as `1,234.50`, `1.234,50`, `€ 40` or `40`. Nothing typed is `null`. Whether a lone comma or
 * point divides thousands or starts the decimals is told by what follows it: three digits are thousands, unless the
 * currency itself has three decimals and the mark is a point.
 */
export function parseMoney(text: string, currency: string): ParsedMoney {
  const digits = exponent(currency);
  const bare = text.replace(/[\s\u00a0\u202f'’]/g, "").replace(/^\p{Sc}|\p{Sc}$/gu, "").replace(new RegExp(`^${currency}|${currency}$`, "i"), "");
  if (bare === "") return { minor: null };
  if (bare.startsWith("-")) return { error: "An amount cannot be below zero." };
  if (!/^[\d.,]+$/.test(bare) || !/\d/.test(bare)) return { error: "Type an amount in digits, such as 40 or 12.50." };
  const mark = decimalMark(bare, digits);
  const at = mark === null ? -1 : bare.lastIndexOf(mark);
  const whole = (at < 0 ? bare : bare.slice(0, at)).replace(/[.,]/g, "");
  const rest = at < 0 ? "" : bare.slice(at + 1);
  if (rest.length > digits) {
    return { error: digits === 0 ? `${currency} has no decimals.` : `${currency} has ${digits} decimals, not ${rest.length}.` };
  }
  const minor = Number(`${whole || "0"}${rest.padEnd(digits, "0")}`);
  return minor > MAX ? { error: "That amount is too large." } : { minor };
}

function decimalMark(bare: string, digits: number): "." | "," | null {
  const comma = bare.lastIndexOf(",");
  const point = bare.lastIndexOf(".");
  if (comma >= 0 && point >= 0) return comma > point ? "," : ".";
  const mark = comma >= 0 ? "," : point >= 0 ? "." : null;
  if (mark === null) return null;
  if (bare.indexOf(mark) !== bare.lastIndexOf(mark)) return null;
  const [before = "", after = ""] = bare.split(mark);
  const thousands = after.length === 3 && before.length >= 1 && before.length <= 3 && !before.startsWith("0");
  return thousands && !(digits === 3 && mark === ".") ? null : mark;
}

/** Minor units as the text of an input: `40.00`, without a symbol or thousands. */
export function moneyText(minor: number | null | undefined, currency: string): string {
  if (minor == null) return "";
  const digits = exponent(currency);
  return (minor / 10 ** digits).toFixed(digits);
}

/** A round amount for a form to begin with, about `euros` worth: 40 in EUR, 4,000 in JPY. */
export function roundAmount(euros: number, currency: string): number {
  return exponent(currency) === 0 ? euros * 100 : euros * 10 ** exponent(currency);
}
