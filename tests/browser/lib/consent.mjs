// One visit of a contributor: looks at the page, says yes, works, says stop, and is watched after.

import { ACTIVITY_SCRIPT, activity, openPeerCount } from "./activity.mjs";
import { openBrowser } from "./chromium.mjs";
import * as pages from "./pages.mjs";

/** How long the page is watched after the click on Stop. */
const WATCH_MS = 2_000;
/** More than anyone here renders: there is work at every moment of the visit. */
const JOB = {
  scene: "generated:night-city?size=200",
  width: 320,
  height: 180,
  samples: 4096,
  seed: 2,
};

/**
 * Visits with work waiting; `proxyUrl` is the server behind `proxyWorkers`.
 * Times are in milliseconds of the contributor's clock.
 */
export async function visit(serverUrl, proxyUrl, device) {
  const room = pages.newRoom();
  const requester = await openBrowser();
  const contributor = await openBrowser({ webgpu: device === "gpu" });
  try {
    await contributor.context.addInitScript(ACTIVITY_SCRIPT);
    const watching = await requester.newTab();
    await pages.openWatch(watching, serverUrl, room, JOB);
    await watching.locator("#render").click();
    await waitForSamples(watching, 0);

    const tab = await contributor.newTab();
    await pages.openContribute(tab, proxyUrl, room);
    await tab.locator(`#device-${device}`).check();
    // The requester renders on: whatever the page wanted to begin by itself, it could have.
    await waitForSamples(watching, await sampleCount(watching));
    const before = await activity(tab);

    await pages.startContributing(tab);
    await tab.waitForFunction(hasWorked, device === "gpu" ? "submit" : "send", {
      timeout: pages.PATIENCE_MS,
      polling: 20,
    });
    const stoppedAt = await clickStop(tab);
    await pages.waitForState(tab, "stopped");
    await tab.waitForFunction(
      (until) => performance.timeOrigin + performance.now() > until,
      stoppedAt + WATCH_MS,
      { polling: 100 },
    );
    const log = await activity(tab);
    const openPeers = await openPeerCount(tab);
    return { before, stoppedAt, log, openPeers, complaints: [...tab.complaints, ...watching.complaints] };
  } finally {
    await Promise.all([requester.close(), contributor.close()]);
  }
}

/** Work of a visit; a goodbye that leaves is none, so what peers are sent does not count. */
export function workOf(log) {
  return log.filter(({ kind }) => kind !== "send");
}

/** In the page: whether peers are linked and the device has worked. */
function hasWorked(kind) {
  const log = globalThis.p2c2rActivity;
  return log.some((entry) => entry.kind === kind) && log.some((entry) => entry.kind === "peer");
}

/** Clicks in the page, where the clock is. */
function clickStop(tab) {
  return tab.evaluate(() => {
    const at = performance.timeOrigin + performance.now();
    document.querySelector("#stop").click();
    return at;
  });
}

function sampleCount(tab) {
  return tab.evaluate(() => {
    const peers = document.querySelector("p2c2r-player")?.peers ?? [];
    return peers.reduce((sum, peer) => sum + peer.samples, 0);
  });
}

/** Waits until the requester has more samples than `count`. */
async function waitForSamples(tab, count) {
  await tab.waitForFunction(
    (least) => {
      const peers = document.querySelector("p2c2r-player")?.peers ?? [];
      return peers.reduce((sum, peer) => sum + peer.samples, 0) > least;
    },
    count,
    { timeout: pages.PATIENCE_MS, polling: 50 },
  );
}
