// What the pages say and do around the rendering: files, mistakes, missing browser features.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";

import { openBrowser } from "../lib/chromium.mjs";
import { triangleGlb } from "../lib/glb.mjs";
import * as pages from "../lib/pages.mjs";
import { startServer } from "../lib/programs.mjs";

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

test("a picked .glb is rendered alone and saved as a PNG", async () => {
  const tab = await browser.newTab();
  await pages.openWatch(tab, server.url, pages.newRoom(), SMALL);
  await tab.locator("#helpers-nobody").check();
  const file = { name: "triangle.glb", mimeType: "model/gltf-binary", buffer: triangleGlb() };
  await tab.locator("#file").setInputFiles(file);
  await pages.waitForState(tab, "complete");
  const saved = await savedFile(tab);
  assert.equal(saved.name, "triangle.png");
  assert.deepEqual(saved.start, [0x89, 0x50, 0x4e, 0x47]);
  const row = tab.locator(".peers tbody tr");
  assert.equal(await row.count(), 1);
  assert.match(await row.innerText(), /You[^]*100/);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("a file that is no scene is refused with a reason, and the page goes on", async () => {
  const tab = await browser.newTab();
  await pages.openWatch(tab, server.url, pages.newRoom(), SMALL);
  const file = (name, text) => ({ name, mimeType: "", buffer: Buffer.from(text) });
  await tab.locator("#file").setInputFiles(file("notes.txt", "hello"));
  await tab.getByText("notes.txt is not a .glb file").waitFor();
  await tab.locator("#file").setInputFiles(file("broken.glb", "this is no binary glTF"));
  await pages.waitForState(tab, "failed");
  await tab.locator("#scene-cornell").check();
  await tab.locator("#render").click();
  await pages.waitForState(tab, "complete");
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

test("an address that no browser can fetch is explained at the field", async () => {
  const tab = await browser.newTab();
  await pages.openWatch(tab, server.url, pages.newRoom(), SMALL);
  await tab.locator("#address").fill("file:///tmp/scene.glb");
  await tab.locator("#render").click();
  await tab.locator("#address-complaint", { hasText: "drop the file on the picture" }).waitFor();
  assert.equal(await tab.locator("#address").getAttribute("aria-invalid"), "true");
  assert.equal(await tab.locator("p2c2r-player").count(), 0);
  await tab.close();
});

test("outlines appear with the tiles and go with the switch", async () => {
  const tab = await browser.newTab();
  await pages.openWatch(tab, server.url, pages.newRoom(), SMALL);
  await tab.locator("#render").click();
  await pages.waitForState(tab, "complete");
  assert.ok((await tab.locator(".stage .tile").count()) > 0);
  await tab.locator("#outlines").uncheck();
  assert.equal(await tab.locator(".stage .tile").count(), 0);
  await tab.close();
});

test("without WebRTC the contribute page says so and offers no Start", async () => {
  const tab = await browser.newTab();
  await tab.addInitScript(() => delete globalThis.RTCPeerConnection);
  await tab.goto(`${server.url}/contribute`);
  await tab.locator(".notice.alert", { hasText: "WebRTC" }).waitFor();
  assert.ok(await tab.locator("#start").isDisabled());
  await tab.close();
});

test("on an insecure page the way to a secure one is shown, and the CPU is left", async () => {
  const tab = await browser.newTab();
  await tab.addInitScript(() => {
    Object.defineProperty(globalThis, "isSecureContext", { value: false });
    Object.defineProperty(Navigator.prototype, "gpu", { value: undefined });
  });
  await tab.goto(`${server.url}/contribute`);
  await tab.locator(".notice", { hasText: "https://" }).waitFor();
  assert.ok(await tab.locator("#device-gpu").isDisabled());
  assert.ok(await tab.locator("#start").isEnabled());
  await tab.close();
});

test("the keyboard's focus goes from Start to Stop and back", async () => {
  const tab = await browser.newTab();
  await pages.openContribute(tab, server.url, pages.newRoom());
  await tab.locator("#start").focus();
  await tab.keyboard.press("Enter");
  await tab.locator("#stop:focus").waitFor();
  await pages.waitForState(tab, "running");
  await tab.keyboard.press("Enter");
  await pages.waitForState(tab, "stopped");
  await tab.locator("#start:focus").waitFor();
  await tab.close();
});

test("limits are remembered from one start to the next visit", async () => {
  const tab = await browser.newTab();
  await pages.openContribute(tab, server.url, pages.newRoom());
  await tab.locator("#device-cpu").check();
  await pages.startContributing(tab);
  await tab.locator(".status", { hasText: "Waiting" }).waitFor();
  await tab.locator("#finish").click();
  await pages.waitForState(tab, "stopped");
  await pages.openContribute(tab, server.url, pages.newRoom());
  assert.ok(await tab.locator("#device-cpu").isChecked());
  assert.deepEqual(tab.complaints, []);
  await tab.close();
});

/** Presses Save and reads the name and the first bytes of what would land on the disk. */
async function savedFile(tab) {
  await tab.evaluate(() => {
    globalThis.savedFile = new Promise((resolve) => {
      HTMLAnchorElement.prototype.click = async function () {
        const bytes = await (await fetch(this.href)).arrayBuffer();
        resolve({ name: this.download, start: [...new Uint8Array(bytes, 0, 4)] });
      };
    });
  });
  await tab.locator("#save").click();
  return tab.evaluate(() => globalThis.savedFile);
}
