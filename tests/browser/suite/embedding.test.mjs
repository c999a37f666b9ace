// The player in a page of another origin than its server: scripts, workers and WASM cross over.

import assert from "node:assert/strict";
import { createServer } from "node:http";
import { after, before, test } from "node:test";

import { openBrowser } from "../lib/chromium.mjs";
import { newRoom, readFilm, waitForPicture } from "../lib/pages.mjs";
import { startServer } from "../lib/programs.mjs";

let site;
let origin;
let server;
let browser;
let html = "";
before(async () => {
  site = createServer((request, response) => {
    response.writeHead(request.url === "/" ? 200 : 204, { "content-type": "text/html" });
    response.end(request.url === "/" ? html : undefined);
  });
  await new Promise((resolve) => site.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${site.address().port}`;
  server = await startServer(["--allow-origin", origin]);
  browser = await openBrowser();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  site?.close();
});

/** A page of the other site, whole before the script that defines the element is there. */
async function embed(attributes) {
  html = `<!doctype html>
    <html lang="en"><title>Another site</title><body>
    <script type="module" src="${server.url}/player/p2c2r-player.js"></script>
    <p2c2r-player src="generated:cornell" width="48" height="32" samples="4" device="cpu" ${attributes}>
    </p2c2r-player></body></html>`;
  const tab = await browser.newTab();
  let stores = 0;
  tab.on("request", (request) => (stores += request.method() === "PUT" ? 1 : 0));
  await tab.goto(origin);
  await waitForPicture(tab);
  assert.equal((await readFilm(tab)).isComplete, true);
  assert.deepEqual(tab.complaints, []);
  await tab.close();
  return stores;
}

test("a player from another origin renders alone", async () => {
  assert.equal(await embed(""), 0);
});

test("a player from another origin joins its server, and loads its scene once", async () => {
  assert.equal(await embed(`signal="${server.url}" room="${newRoom()}"`), 1);
});
