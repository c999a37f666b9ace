// A browser and files over HTTP for the tests of one file, where nothing is served by P2C2R.

import { after, before } from "node:test";

import { openBrowser } from "./chromium.mjs";
import { serveFiles } from "./static-server.mjs";

/** Starts both before the tests of the calling file, and ends them afterwards; `browser` and `files` are there in its tests. */
export function fileHost() {
  const host = {};
  before(async () => {
    host.files = await serveFiles();
    host.browser = await openBrowser();
  });
  after(async () => {
    await host.browser?.close();
    await host.files?.stop();
  });
  return host;
}
