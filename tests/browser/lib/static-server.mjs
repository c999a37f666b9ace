// Files over HTTP and nothing else: what a page without any P2C2R server has.

import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import { ROOT } from "./programs.mjs";

const TYPES = {
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
  ".js": "text/javascript",
  ".json": "application/json",
  ".mjs": "text/javascript",
  ".wasm": "application/wasm",
};

const WASM_EXAMPLES =
  process.env.P2C2R_WASM_EXAMPLES ?? join(ROOT, "target/wasm/wasm32-unknown-unknown/debug/examples");

/** Folders of the tests by the beginning of the address. */
export const TEST_FOLDERS = [
  ["/player/", join(ROOT, "web/player/dist")],
  ["/models/", join(ROOT, "models")],
  ["/examples/", WASM_EXAMPLES],
  ["/", join(ROOT, "tests/browser/pages")],
];

/**
 * Serves folders, of which the first whose beginning fits counts; without any, the tests' pages as `/`,
 * the built player as `/player/`, models as `/models/`, WASM examples as `/examples/`.
 */
export async function serveFiles(folders = TEST_FOLDERS) {
  const asked = [];
  const waiting = [];
  const server = createServer((request, response) => {
    asked.push(request.url);
    for (const { path, tell } of waiting) if (path.test(request.url)) tell();
    answer(folders, request, response).catch(() => response.writeHead(500).end());
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    /** Addresses that were asked for, in order. */
    asked,
    /** Resolves when an address of a kind is asked for from now on. */
    whenAsked: (path) => new Promise((tell) => waiting.push({ path, tell })),
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}

async function answer(folders, request, response) {
  const path = normalize(decodeURIComponent(new URL(request.url, "http://localhost").pathname));
  const [prefix, folder] = folders.find(([start]) => path.startsWith(start));
  const file = join(folder, path.slice(prefix.length));
  const found = await stat(file).catch(() => null);
  if (!found?.isFile()) {
    // A browser asks for an icon by itself, and complains in the console when there is none.
    response.writeHead(path === "/favicon.ico" ? 204 : 404).end();
    return;
  }
  const headers = { "content-type": TYPES[extname(file)] ?? "application/octet-stream" };
  // Compressed beforehand, as the pages' own server sends what it has so.
  const accepts = /\bbr\b/.test(request.headers["accept-encoding"] ?? "");
  const packed = accepts ? await stat(`${file}.br`).catch(() => null) : null;
  if (packed) headers["content-encoding"] = "br";
  response.writeHead(200, headers);
  createReadStream(packed ? `${file}.br` : file).pipe(response);
}
