// Brotli bytes of the modules, and of everything that a page fetches before its first click.

import { readdir, readFile, stat } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

import { openBrowser } from "./chromium.mjs";
import { waitForPicture } from "./pages.mjs";
import { ROOT, startServer } from "./programs.mjs";
import { serveFiles } from "./static-server.mjs";

const APP = join(ROOT, "web/app/dist");
const PLAYER = join(ROOT, "web/player/dist");
const compress = promisify(brotliCompress);

/** `[{id, bytes, budget}]` in the order of the budgets' file. */
export async function measureSizes() {
  const budgets = JSON.parse(await readFile(join(ROOT, "web/budgets.json"), "utf8"));
  const sizes = { ...(await moduleSizes()), ...(await pageSizes()) };
  const ids = new Set([...Object.keys(budgets), ...Object.keys(sizes)]);
  return [...ids].map((id) => ({ id, bytes: sizes[id] ?? null, budget: budgets[id] ?? null }));
}

/** Each WASM module by its name without the hash. */
async function moduleSizes() {
  const sizes = {};
  for (const name of await readdir(APP, { recursive: true })) {
    if (!name.endsWith(".wasm")) continue;
    const id = basename(name, ".wasm").replace(/(_bg)?$/, "").replace(/-[0-9a-fA-F]{8,}$/, "");
    sizes[`module-${id}`] = await brotliBytes(join(APP, name));
  }
  return sizes;
}

/** What `/contribute`, `/watch` and a bare player on somebody's page fetch at first. */
async function pageSizes() {
  const server = await startServer();
  const files = await serveFiles();
  const browser = await openBrowser();
  try {
    const contribute = await fetched(browser, `${server.url}/contribute`, APP, (tab) =>
      tab.locator("#start").waitFor(),
    );
    const watch = await fetched(browser, `${server.url}/watch`, APP, (tab) =>
      tab.locator("#render").waitFor(),
    );
    const player = await fetched(browser, `${files.url}/player.html`, PLAYER, waitForPicture);
    return { "page-contribute": contribute, "page-watch": watch, "page-player": player };
  } finally {
    await Promise.all([browser.close(), server.stop(), files.stop()]);
  }
}

/** Adds up the compressed sizes of all files under `folder` that the page asked for. */
async function fetched(browser, url, folder, isLoaded) {
  const tab = await browser.newTab();
  const paths = new Set();
  browser.context.on("response", (response) => paths.add(new URL(response.url()).pathname));
  await tab.goto(url, { waitUntil: "networkidle" });
  await isLoaded(tab);
  await tab.close();
  browser.context.removeAllListeners("response");
  let bytes = 0;
  for (const path of paths) bytes += await brotliBytes(fileOf(path, folder)).catch(() => 0);
  return bytes;
}

function fileOf(path, folder) {
  if (folder === PLAYER) return join(folder, path.replace(/^\/player\//, ""));
  // The pages' own addresses all give the one document.
  return join(folder, /\.\w+$/.test(path) ? path : "index.html");
}

async function brotliBytes(file) {
  const ready = await stat(`${file}.br`).catch(() => null);
  if (ready) return ready.size;
  const bytes = await readFile(file);
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  return (await compress(bytes, { params })).length;
}
