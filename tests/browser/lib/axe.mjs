// Asks axe-core what is wrong with a page for people who use it without eyes, mouse or contrast.

import { readFile } from "node:fs/promises";

const source = await readFile(new URL("../node_modules/axe-core/axe.min.js", import.meta.url), "utf8");

/** One line for each rule that the page breaks. */
export async function violations(tab) {
  // Evaluated through the debugger, which a content security policy does not concern.
  await tab.evaluate(source);
  const { violations: found } = await tab.evaluate(() => globalThis.axe.run());
  return found.map(({ id, help, nodes }) => {
    return `${id}: ${help}: ${nodes.map((node) => node.target.join(" ")).join(", ")}`;
  });
}
