// graphql-codegen: types from the introspection of the served schema and the documents for frontends.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync, rmSync } from "node:fs";
import { createRequire } from "node:module";
import { test } from "node:test";

const require = createRequire(import.meta.url);

test("every document for frontends gets its types", () => {
  rmSync("types", { recursive: true, force: true });
  const program = require.resolve("@graphql-codegen/cli/package.json").replace("package.json", "cjs/bin.js");
  execFileSync(process.execPath, [program, "--config", "codegen.config.js"], { stdio: "pipe" });
  const types = readFileSync("types/graphql.ts", "utf8");
  const documents = readdirSync("operations").map((file) => readFileSync(`operations/${file}`, "utf8"));
  assert.ok(documents.length >= 12);
  for (const document of documents) {
    const [, kind, name] = /^(query|mutation|subscription) (\w+)/m.exec(document);
    const suffix = kind[0].toUpperCase() + kind.slice(1);
    assert.match(types, new RegExp(`export type ${name}${suffix} =`), name);
  }
});
