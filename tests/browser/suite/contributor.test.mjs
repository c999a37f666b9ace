// The life of a contributor as a page drives it: finishing, a server that is away, a wrong room.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openBrowser } from "../lib/chromium.mjs";
import * as pages from "../lib/pages.mjs";
import { startServer } from "../lib/programs.mjs";

const JOB = { scene: "generated:night-city?size=60", width: 160, height: 90, samples: 64, seed: 4 };

let server;
let browser;
before(async () => {
  server = await startServer();
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

/** A page of the server with a contributor that keeps what it hears. */
async function contributorTab(options, own = browser) {
  const tab = await own.newTab();
  await tab.goto(`${server.url}/contribute`);
  await tab.evaluate(async (wanted) => {
    const { Contributor } = await import("/player/p2c2r-player.js");
    const contributor = new Contributor({ device: "cpu", threads: 1, ...wanted });
    globalThis.contributor = contributor;
    globalThis.states = [];
    globalThis.errors = [];
    contributor.addEventListener("statechange", ({ detail }) => globalThis.states.push(detail.to));
    contributor.addEventListener("error", ({ detail }) => globalThis.errors.push(detail.code));
  }, options);
  return tab;
}

function waitFor(tab, condition) {
  return tab.waitForFunction(condition, undefined, { timeout: pages.PATIENCE_MS, polling: 50 });
}

test("a contributor that finishes delivers what it accepted, and the frame completes", async () => {
  const room = pages.newRoom();
  const tab = await contributorTab({ signal: server.url, room });
  await tab.evaluate(() => globalThis.contributor.start());
  const watching = await browser.newTab();
  await pages.openWatch(watching, server.url, room, JOB);
  await watching.locator("#render").click();
  await waitFor(tab, () => globalThis.contributor.stats.tasksDone > 0);
  await tab.evaluate(() => globalThis.contributor.finish());
  await waitFor(tab, () => globalThis.contributor.state === "stopped");
  const states = await tab.evaluate(() => globalThis.states);
  assert.deepEqual(states, ["starting", "running", "finishing", "stopped"]);
  await pages.waitForPicture(watching);
  const film = await pages.readFilm(watching);
  assert.equal(film.isComplete, true);
  const merged = film.peers.find(({ kind }) => kind === "browser-cpu")?.samples;
  const delivered = await tab.evaluate(() => globalThis.contributor.stats.samplesTotal);
  // A hedged copy may lose, so that not everything delivered is merged.
  assert.ok(merged > 0 && merged <= delivered, `${merged} of ${delivered} samples were merged`);
  assert.deepEqual([...tab.complaints, ...watching.complaints], []);
  await Promise.all([tab.close(), watching.close()]);
});

test("channels that the browser cannot transfer are relayed", async () => {
  const own = await openBrowser();
  await own.context.addInitScript(() => {
    const post = Worker.prototype.postMessage;
    Worker.prototype.postMessage = function (message, transfer) {
      if (Array.isArray(transfer) && transfer.some((one) => one instanceof RTCDataChannel)) {
        throw new DOMException("as in browsers that cannot", "DataCloneError");
      }
      post.call(this, message, transfer);
    };
  });
  const room = pages.newRoom();
  const tab = await contributorTab({ signal: server.url, room }, own);
  await tab.evaluate(() => globalThis.contributor.start());
  const watching = await own.newTab();
  await pages.openWatch(watching, server.url, room, JOB);
  await watching.locator("#render").click();
  await pages.waitForPicture(watching);
  const film = await pages.readFilm(watching);
  assert.equal(film.isComplete, true);
  assert.ok(film.peers.find(({ kind }) => kind === "browser-cpu")?.samples > 0);
  await tab.evaluate(() => globalThis.contributor.stop());
  await waitFor(watching, () => {
    const { peers } = document.querySelector("p2c2r-player");
    return peers.every((peer) => peer.id === 0 || !peer.isConnected);
  });
  assert.deepEqual([...tab.complaints, ...watching.complaints], []);
  await own.close();
});

test("without its server a contributor says so, can be stopped, and starts again elsewhere", async () => {
  // Nothing listens on the discard port; the browser itself complains of that in the console.
  const tab = await contributorTab({ signal: "ws://127.0.0.1:9/v1/signal" });
  await tab.evaluate(() => {
    globalThis.outcome = globalThis.contributor.start().then(
      () => "started",
      (reason) => reason.message,
    );
  });
  await waitFor(tab, () => globalThis.errors.includes("SIGNAL_UNREACHABLE"));
  await tab.evaluate(() => globalThis.contributor.stop());
  assert.equal(await tab.evaluate(() => globalThis.outcome), "the contributor was stopped");
  await waitFor(tab, () => globalThis.contributor.state === "stopped");
  await tab.close();
});

test("a room that cannot be and a second start are refused", async () => {
  const tab = await contributorTab({ signal: server.url, room: "kitchen" });
  const start = () => globalThis.contributor.start().then(() => "", (reason) => reason.message);
  assert.match(await tab.evaluate(start), /room/);
  assert.deepEqual(await tab.evaluate(() => [globalThis.contributor.state, ...globalThis.errors]), [
    "failed",
    "BAD_ROOM",
  ]);
  await tab.close();
  const other = await contributorTab({ signal: server.url, room: pages.newRoom() });
  const second = await other.evaluate(async () => {
    await globalThis.contributor.start();
    return globalThis.contributor.start().then(() => "", (reason) => reason.message);
  });
  assert.match(second, /already/);
  await other.evaluate(() => globalThis.contributor.dispose());
  await other.evaluate(() => globalThis.contributor.dispose());
  assert.equal(await other.evaluate(() => globalThis.contributor.state), "stopped");
  assert.deepEqual(other.complaints, []);
  await other.close();
});
