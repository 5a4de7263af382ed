import { expect, it } from "vitest";

import { bytes, ratioName, titleOf } from "./image";

it("a picture's shape has the name advertisers use", () => {
  expect(ratioName(1080, 1080)).toBe("1:1");
  expect(ratioName(1200, 628)).toBe("1.91:1");
  expect(ratioName(1080, 1350)).toBe("4:5");
  expect(ratioName(1080, 1920)).toBe("9:16");
  expect(ratioName(3000, 1000)).toBe("3:1");
  expect(ratioName(1000, 3000)).toBe("1:3");
  expect(ratioName(0, 10)).toBe("–");
});

it("a file's size is short", () => {
  expect(bytes(900)).toBe("900 B");
  expect(bytes(655_360)).toBe("640 KB");
  expect(bytes(1_258_291)).toBe("1.2 MB");
  expect(bytes(10 * 1024 * 1024)).toBe("10 MB");
});

it("a file's name becomes a title", () => {
  expect(titleOf("sol-lamp_warm.JPG")).toBe("sol lamp warm");
  expect(titleOf(".png")).toBe(".png");
});
