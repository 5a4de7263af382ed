// @vitest-environment node
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

import openapiTS, { astToString, COMMENT_HEADER } from "openapi-typescript";
import { expect, it } from "vitest";

it("schema.ts is what openapi.json says; `npm run generate` renews it", async () => {
  const document = new URL("./openapi.json", import.meta.url);
  const fresh = COMMENT_HEADER + astToString(await openapiTS(document));
  expect(readFileSync(fileURLToPath(new URL("./schema.ts", import.meta.url)), "utf8")).toBe(fresh);
});
