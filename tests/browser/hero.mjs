// Renders the picture of the start page, web/app/assets/pictures/night-city.webp.
//
// node hero.mjs [--samples 96] [--out FILE]

import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { openBrowser } from "./lib/chromium.mjs";
import { CLI, ROOT } from "./lib/programs.mjs";

const QUALITY = 0.75;

const { values } = parseArgs({
  options: {
    samples: { type: "string", default: "96" },
    out: { type: "string", default: join(ROOT, "web/app/assets/pictures/night-city.webp") },
  },
});

const folder = await mkdtemp(join(tmpdir(), "p2c2r-hero-"));
const browser = await openBrowser();
try {
  const png = join(folder, "hero.png");
  const film = ["--size", "960x540", "--spp", values.samples, "--seed", "1", "--out", png];
  await promisify(execFile)(CLI, ["render", "night-city", ...film]);
  const tab = await browser.newTab();
  const webp = await tab.evaluate(webpOf, [(await readFile(png)).toString("base64"), QUALITY]);
  await writeFile(values.out, Buffer.from(webp, "base64"));
  console.log(values.out);
} finally {
  await browser.close();
  await rm(folder, { recursive: true });
}

/** In the page: the browser is the only WebP encoder at hand. */
async function webpOf([base64, quality]) {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
  const canvas = new OffscreenCanvas(bitmap.width, bitmap.height);
  canvas.getContext("2d").drawImage(bitmap, 0, 0);
  const blob = await canvas.convertToBlob({ type: "image/webp", quality });
  let text = "";
  for (const byte of new Uint8Array(await blob.arrayBuffer())) text += String.fromCharCode(byte);
  return btoa(text);
}
