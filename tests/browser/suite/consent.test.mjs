// Nobody's machine works before a click on Start, or later than 250 ms after one on Stop.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ACTIVITY_SCRIPT } from "../lib/activity.mjs";
import { visit, workOf } from "../lib/consent.mjs";
import { startServer } from "../lib/programs.mjs";
import { proxyWorkers } from "../lib/proxy.mjs";

/** From the click on Stop to the last sign of work. */
const STOP_LIMIT_MS = 250;

let server;
let proxy;
before(async () => {
  server = await startServer();
  proxy = await proxyWorkers(server.url, ACTIVITY_SCRIPT);
});
after(async () => {
  await proxy?.stop();
  await server?.stop();
});

for (const device of ["cpu", "gpu"]) {
  test(`a visitor's ${device} works between Start and Stop only`, async () => {
    const seen = await visit(server.url, proxy.url, device);
    assert.deepEqual(seen.before, [], "the page worked before Start");
    const late = workOf(seen.log)
      .filter(({ at }) => at > seen.stoppedAt + STOP_LIMIT_MS)
      .map(({ kind, at }) => `${kind} ${Math.round(at - seen.stoppedAt)} ms after Stop`);
    assert.deepEqual(late, []);
    assert.equal(seen.openPeers, 0, "a peer connection stayed open");
    assert.equal(seen.log.some(({ kind }) => kind === "submit"), device === "gpu");
    assert.deepEqual(seen.complaints, []);
  });
}
