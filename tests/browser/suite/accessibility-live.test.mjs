// axe-core finds nothing on the pages while they work: meters, table, outlines, a refused scene.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { violations } from "../lib/axe.mjs";
import { openBrowser } from "../lib/chromium.mjs";
import * as pages from "../lib/pages.mjs";
import { startServer } from "../lib/programs.mjs";

const SCHEMES = ["light", "dark"];
const PHONE = { width: 390, height: 844 };
const SMALL = { scene: "generated:cornell", width: 64, height: 36, samples: 4, seed: 1 };

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

test("the contribute page while it is connected and after it stopped", async () => {
  const tab = await browser.newTab();
  await pages.openContribute(tab, server.url, pages.newRoom());
  await tab.locator("#device-cpu").check();
  await pages.startContributing(tab);
  await tab.locator(".figures").waitFor();
  await checkSchemes(tab);
  await tab.locator("#stop").click();
  await pages.waitForState(tab, "stopped");
  await checkSchemes(tab);
  await tab.close();
});

test("the watch page with a finished picture", async () => {
  const tab = await browser.newTab();
  await pages.openWatch(tab, server.url, pages.newRoom(), SMALL);
  await tab.locator("#render").click();
  await pages.waitForState(tab, "complete");
  await tab.locator(".film-form summary").click();
  await checkSchemes(tab);
  await tab.close();
});

test("the watch page with a refused address", async () => {
  const tab = await browser.newTab();
  await pages.openWatch(tab, server.url, pages.newRoom(), SMALL);
  await tab.locator("#address").fill("ftp://example.org/scene.glb");
  await tab.locator("#render").click();
  await tab.locator("#address-complaint", { hasText: "ftp" }).waitFor();
  await checkSchemes(tab);
  await tab.close();
});

test("the contribute page that cannot contribute", async () => {
  const tab = await browser.newTab();
  await tab.addInitScript(() => delete globalThis.RTCPeerConnection);
  await tab.goto(`${server.url}/contribute`);
  await tab.locator(".notice").first().waitFor();
  await checkSchemes(tab);
  await tab.close();
});

/** In both schemes, and no wider than a phone. */
async function checkSchemes(tab) {
  for (const colorScheme of SCHEMES) {
    // Without motion: a colour half way between two has no contrast to speak of.
    await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    assert.deepEqual(await violations(tab), [], colorScheme);
  }
  await tab.setViewportSize(PHONE);
  const overflow = await tab.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(overflow <= 0, `the page is ${overflow} px wider than a phone`);
}
