import assert from "node:assert/strict";
import { readFileSync, readdirSync } from "node:fs";
import { test } from "node:test";
import { blocks } from "../../assets/markdown.js";

test("a page is headings, paragraphs, lists, tables and code", () => {
  const page = "# A\n\none\ntwo\n\n- x\n  more\n- y\n1. z\n\n| a | b |\n|---|---|\n| 1 | 2 |\n\n```sh\n# no heading\n\n| no table |\n```\nend";
  assert.deepEqual(blocks(page), [
    { kind: "heading", lines: ["A"] },
    { kind: "text", lines: ["one two"] },
    { kind: "list", lines: ["x more", "y", "z"] },
    { kind: "table", lines: ["| a | b |", "| 1 | 2 |"] },
    { kind: "code", lines: ["# no heading", "", "| no table |"] },
    { kind: "text", lines: ["end"] },
  ]);
});

test("nothing of a hazard's page is left out", () => {
  const folder = new URL("../../../specs/hazards/", import.meta.url);
  for (const name of readdirSync(folder)) {
    const text = readFileSync(new URL(name, folder), "utf8");
    const shown = blocks(text).flatMap(({ lines }) => lines).join(" ");
    for (const word of text.match(/[a-z_]{5,}/g) ?? []) assert.ok(shown.includes(word) || new RegExp(`\`\`\`${word}`).test(text), `${name}: ${word}`);
  }
});
