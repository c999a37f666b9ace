// The demo without a person: a requester in one Chromium, a contributor in another.
//
// Reads one JSON object from its argument, prints one JSON object, and ends when its standard input
// does: whoever started it is gone then.

import { writeFile } from "node:fs/promises";

import { openBrowser } from "./lib/chromium.mjs";
import * as pages from "./lib/pages.mjs";

const order = JSON.parse(process.argv[2]);
const open = [];

process.stdin.on("end", () => process.exit(1)).resume();
for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"]) process.on(signal, () => process.exit(1));

try {
  const contributor = await browser({ webgpu: order.gpu, throttling: order.hidden });
  const contributing = await contributor.newTab();
  say("opening the contribute page");
  await pages.openContribute(contributing, order.url, order.room);
  await contributing.locator(order.gpu ? "#device-gpu" : "#device-cpu").check();
  await pages.startContributing(contributing);
  if (order.hidden) await contributor.hideTabs();

  const requester = await browser({ throttling: order.hidden });
  const watching = await requester.newTab();
  say("opening the watch page");
  await pages.openWatch(watching, order.url, order.room, order);
  const started = performance.now();
  await watching.locator("#render").click();
  await pages.waitForPicture(watching);
  const seconds = (performance.now() - started) / 1000;

  const film = await pages.readFilm(watching);
  if (!film.isComplete) throw new Error("the picture claims to be complete, the film does not");
  await writeFile(order.sums, film.bytes);
  await writeFile(order.out, await pages.readPng(watching));
  const complaints = [...contributing.complaints, ...watching.complaints];
  console.log(JSON.stringify({ seconds, peers: film.peers, complaints }));
} catch (error) {
  for (const { tab } of open) if (tab?.complaints.length) say(tab.complaints.join("\n"));
  say(error.stack ?? String(error));
  process.exitCode = 1;
} finally {
  await Promise.all(open.map((one) => one.close()));
}
process.exit();

async function browser(options) {
  const one = await openBrowser(options);
  const newTab = one.newTab;
  one.newTab = async () => (one.tab = await newTab());
  open.push(one);
  return one;
}

function say(text) {
  console.error(`demo: ${text}`);
}
