// A Chromium process of its own, driven over the debugging protocol.
//
// Started by us and not by Playwright, whose defaults keep every tab visible and focused: a tab
// behind another one must be as hidden here as it is for a visitor.

import { spawn } from "node:child_process";
import { rmSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const FLAGS = [
  "--headless=new",
  "--no-sandbox",
  "--no-first-run",
  "--disable-dev-shm-usage",
  "--disable-quic",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // Host candidates by address: there is no mDNS responder on a test machine.
  "--disable-features=WebRtcHideLocalIpsWithMdns",
];
const WEBGPU_FLAGS = ["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader"];
/** Without these the GPU process ends as soon as a page configures a WebGPU canvas. */
const CANVAS_FLAGS = [
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-angle=swiftshader",
  "--disable-vulkan-surface",
];
const NO_THROTTLING_FLAGS = [
  "--disable-background-timer-throttling",
  "--disable-renderer-backgrounding",
  "--disable-backgrounding-occluded-windows",
];
const START_LIMIT_MS = 60_000;
const END_LIMIT_MS = 5_000;

/** Running browsers and their profiles. */
const running = new Map();
// Whatever ends this program ends the browsers.
process.on("exit", () => {
  for (const [child, profile] of running) {
    kill(child);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  }
});

/**
 * Starts a browser; `canvas` lets WebGPU draw on canvases too, `throttling` leaves the browser's own rules
 * for hidden tabs on.
 */
export async function openBrowser({ webgpu = false, canvas = false, throttling = false } = {}) {
  const profile = await mkdtemp(join(tmpdir(), "p2c2r-chromium-"));
  const flags = [...FLAGS];
  if (webgpu) flags.push(...WEBGPU_FLAGS);
  if (canvas) flags.push(...CANVAS_FLAGS);
  if (!throttling) flags.push(...NO_THROTTLING_FLAGS);
  flags.push(`--user-data-dir=${profile}`, "--remote-debugging-port=0", "about:blank");
  const child = spawn(process.env.P2C2R_CHROMIUM ?? "chromium", flags, {
    stdio: ["ignore", "ignore", "pipe"],
    detached: true,
  });
  running.set(child, profile);
  const browser = await chromium.connectOverCDP(await debuggingUrl(child), { noDefaults: true });
  const context = browser.contexts()[0];
  return {
    pid: child.pid,
    context,
    /** A tab in front of all others. */
    newTab: () => openTab(context),
    /** Puts an empty tab in front, so that all others are hidden. */
    async hideTabs() {
      const front = await context.newPage();
      await front.bringToFront();
    },
    async close() {
      // Closing Playwright's end would merely disconnect it.
      const session = await browser.newBrowserCDPSession().catch(() => null);
      await session?.send("Browser.close").catch(() => undefined);
      await end(child);
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
    /** Ends every process of the browser at once, as a crash would. */
    async kill() {
      kill(child);
      await end(child);
      await rm(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

/** A tab that remembers what it complained about. */
async function openTab(context) {
  const page = await context.newPage();
  page.complaints = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") {
      page.complaints.push(`${message.type()}: ${message.text()} (${message.location().url})`);
    }
  });
  page.on("pageerror", (error) => page.complaints.push(`uncaught: ${error.stack ?? error}`));
  page.on("crash", () => page.complaints.push("the tab crashed"));
  return page;
}

function debuggingUrl(child) {
  return new Promise((resolve, reject) => {
    let text = "";
    const timer = setTimeout(() => fail("is not ready in time"), START_LIMIT_MS);
    const fail = (why) => {
      clearTimeout(timer);
      kill(child);
      reject(new Error(`Chromium ${why}:\n${text}`));
    };
    child.on("error", (error) => fail(`cannot start (${error.message})`));
    child.on("exit", (code) => fail(`ended with ${code}`));
    child.stderr.on("data", (data) => {
      // Later chatter is not kept.
      if (text.length < 65_536) text += data;
      const url = /DevTools listening on (ws:\/\/\S+)/.exec(text);
      if (!url) return;
      clearTimeout(timer);
      resolve(url[1]);
    });
  });
}

async function end(child) {
  if (child.exitCode === null && child.signalCode === null) {
    const timer = setTimeout(() => kill(child), END_LIMIT_MS);
    await new Promise((resolve) => child.once("exit", resolve));
    clearTimeout(timer);
  }
  // The browser leads a process group; its helpers do not always notice that it is gone.
  kill(child);
  running.delete(child);
}

function kill(child) {
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // Everything in the group has ended already.
  }
}
