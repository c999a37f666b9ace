// Takes the pictures of the pages under docs/screenshots: a real render by two tabs and a native peer.
//
// node screenshots.mjs --out FOLDER [--scene TEXT] [--size 640x360] [--samples 64]

import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { openBrowser } from "./lib/chromium.mjs";
import * as pages from "./lib/pages.mjs";
import { ROOT, startContributor, startServer } from "./lib/programs.mjs";

const LOOKS = [
  { name: "light", colorScheme: "light", width: 1280, height: 800 },
  { name: "dark", colorScheme: "dark", width: 1280, height: 800 },
  { name: "phone", colorScheme: "light", width: 390, height: 844 },
];
/** Points of the contributor's curve before its picture is taken. */
const CURVE_POINTS = 45;
/** Part of the picture that is there when the watch page's picture is taken. */
const WATCH_PROGRESS = 0.8;
const RENDER_LIMIT_MS = 900_000;

const { values } = parseArgs({
  options: {
    out: { type: "string", default: join(ROOT, "docs/screenshots") },
    scene: { type: "string", default: "generated:night-city" },
    size: { type: "string", default: "640x360" },
    samples: { type: "string", default: "64" },
  },
});

await mkdir(values.out, { recursive: true });
const server = await startServer();
const room = pages.newRoom();
const [requester, contributor] = await Promise.all([openBrowser(), openBrowser()]);
const native = startContributor(server.url, room, ["--threads", "1", "--name", "workbench"]);
try {
  const [watching, lending] = await Promise.all([openPage(requester), openPage(contributor)]);
  await watching.goto(server.url);
  await watching.locator("main img").waitFor();
  await shoot(watching, "landing");
  await pages.openContribute(lending, server.url, room);
  await shoot(lending, "contribute");

  await lending.locator("#device-cpu").check();
  await pages.startContributing(lending);
  const [width, height] = values.size.split("x");
  const job = { scene: values.scene, width, height, samples: values.samples, seed: 1 };
  await pages.openWatch(watching, server.url, room, job);
  await watching.locator("#render").click();
  await Promise.all([shootLending(lending), shootWatching(watching)]);

  const complaints = [...watching.complaints, ...lending.complaints];
  if (complaints.length > 0) throw new Error(`the pages complained:\n${complaints.join("\n")}`);
} finally {
  await Promise.all([requester.close(), contributor.close(), native.stop()]);
  await server.stop();
}

/** A tab without scroll bars, which a phone would not show either. */
async function openPage(browser) {
  const tab = await browser.newTab();
  const debuggerSession = await browser.context.newCDPSession(tab);
  await debuggerSession.send("Emulation.setScrollbarsHidden", { hidden: true });
  return tab;
}

async function shootLending(tab) {
  const isCurved = (least) => {
    const points = document.querySelector(".sparkline polyline")?.getAttribute("points") ?? "";
    return points.split(" ").length >= least;
  };
  await tab.waitForFunction(isCurved, CURVE_POINTS, { timeout: RENDER_LIMIT_MS, polling: 250 });
  await shoot(tab, "contributing");
}

async function shootWatching(tab) {
  const isFar = (least) => document.querySelector(".stage-panel progress").value >= least;
  await tab.waitForFunction(isFar, WATCH_PROGRESS, { timeout: RENDER_LIMIT_MS, polling: 250 });
  await shoot(tab, "watch");
}

/** One picture of the whole page for each look, in a window as high as the page: what sticks to an edge sticks there. */
async function shoot(tab, page) {
  for (const { name, colorScheme, width, height } of LOOKS) {
    await tab.emulateMedia({ colorScheme, reducedMotion: "reduce" });
    await tab.setViewportSize({ width, height });
    const needed = await tab.evaluate(() => document.documentElement.scrollHeight);
    await tab.setViewportSize({ width, height: Math.max(height, needed) });
    const path = join(values.out, `${page}-${name}.png`);
    await tab.screenshot({ path, animations: "disabled" });
    console.log(path);
  }
}
