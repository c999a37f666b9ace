// Nobody's machine works before a click on Start, or later than 250 ms after one on Stop.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { ACTIVITY_SCRIPT, activity, openPeerCount } from "../lib/activity.mjs";
import { openBrowser } from "../lib/chromium.mjs";
import * as pages from "../lib/pages.mjs";
import { startServer } from "../lib/programs.mjs";
import { proxyWorkers } from "../lib/proxy.mjs";

/** From the click on Stop to the last sign of work. */
const STOP_LIMIT_MS = 250;
/** How long the page is watched after that click. */
const WATCH_MS = 2_000;
/** More than anyone here renders: there is work at every moment of the test. */
const JOB = {
  scene: "generated:night-city?size=200",
  width: 320,
  height: 180,
  samples: 4096,
  seed: 2,
};

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
    const room = pages.newRoom();
    const requester = await openBrowser();
    const contributor = await openBrowser({ webgpu: device === "gpu" });
    try {
      await contributor.context.addInitScript(ACTIVITY_SCRIPT);
      const watching = await requester.newTab();
      await pages.openWatch(watching, server.url, room, JOB);
      await watching.locator("#render").click();
      await sampleAfter(watching, 0);

      const tab = await contributor.newTab();
      await pages.openContribute(tab, proxy.url, room);
      await tab.locator(`#device-${device}`).check();
      // The requester renders on: whatever the page wanted to begin by itself, it could have.
      await sampleAfter(watching, await samples(watching));
      assert.deepEqual(await activity(tab), [], "the page worked before Start");

      await pages.startContributing(tab);
      await tab.waitForFunction(hasWorked, device === "gpu" ? "submit" : "send", {
        timeout: pages.PATIENCE_MS,
        polling: 20,
      });
      const stopped = await clickStop(tab);
      await pages.waitForState(tab, "stopped");
      await tab.waitForFunction(
        (until) => performance.timeOrigin + performance.now() > until,
        stopped + WATCH_MS,
        { polling: 100 },
      );

      const log = await activity(tab);
      // A goodbye that leaves is not work, so what peers are sent is not counted here.
      const late = log
        .filter(({ kind, at }) => kind !== "send" && at > stopped + STOP_LIMIT_MS)
        .map(({ kind, at }) => `${kind} ${Math.round(at - stopped)} ms after Stop`);
      assert.deepEqual(late, []);
      assert.equal(await openPeerCount(tab), 0, "a peer connection stayed open");
      if (device === "gpu") assert.ok(log.some((entry) => entry.kind === "submit"));
      assert.deepEqual([...tab.complaints, ...watching.complaints], []);
    } finally {
      await Promise.all([requester.close(), contributor.close()]);
    }
  });
}

/** In the page: whether peers were sent something and the device has worked. */
function hasWorked(kind) {
  const log = globalThis.p2c2rActivity;
  return log.some((entry) => entry.kind === kind) && log.some((entry) => entry.kind === "peer");
}

/** Clicks in the page, where the clock is; the time of the click in milliseconds. */
function clickStop(tab) {
  return tab.evaluate(() => {
    const at = performance.timeOrigin + performance.now();
    document.querySelector("#stop").click();
    return at;
  });
}

function samples(tab) {
  return tab.evaluate(() => {
    const peers = document.querySelector("p2c2r-player")?.peers ?? [];
    return peers.reduce((sum, peer) => sum + peer.samples, 0);
  });
}

/** Waits until the requester has more samples than `count`. */
async function sampleAfter(tab, count) {
  await tab.waitForFunction(
    (least) => {
      const peers = document.querySelector("p2c2r-player")?.peers ?? [];
      return peers.reduce((sum, peer) => sum + peer.samples, 0) > least;
    },
    count,
    { timeout: pages.PATIENCE_MS, polling: 50 },
  );
}
