// Every module and every first page load keeps its budget in web/budgets.json.

import assert from "node:assert/strict";
import { test } from "node:test";

import { measureSizes } from "../lib/sizes.mjs";

test("modules and pages keep their budgets", async () => {
  for (const { id, bytes, budget } of await measureSizes()) {
    assert.ok(bytes !== null, `${id} has a budget but does not exist`);
    assert.ok(budget !== null, `${id} has no budget in web/budgets.json`);
    assert.ok(bytes <= budget, `${id} takes ${bytes} bytes of brotli; its budget is ${budget}`);
    assert.ok(bytes > budget / 4, `${id} takes only ${bytes} bytes of ${budget}: lower its budget`);
  }
});
