// What both measurements need: their arguments, the native program, a page, and rows.

import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { join } from "node:path";
import { parseArgs, promisify } from "node:util";

import { openBrowser } from "../../../tests/browser/lib/chromium.mjs";
import { serveFiles } from "../../../tests/browser/lib/static-server.mjs";

/** Rounds that do not count, and those that do. */
export const WARM_UPS = 1;
export const REPETITIONS = 3;

const PAGES = join(import.meta.dirname, "../pages");

/** Programs and folders: `native`, `package`, `folder` of exported files, `scenes`, `peers`; `only` one row. */
export function readArguments() {
  const text = { type: "string" };
  const options = {
    native: text,
    package: text,
    folder: text,
    scenes: text,
    peers: text,
    only: text,
  };
  return parseArgs({ options }).values;
}

/** Has the native program write the files that pages load; gives what it says of them. */
export async function exportScenes(given, order) {
  const words = [order, given.folder, "--scenes", given.scenes];
  const { stdout, stderr } = await promisify(execFile)(given.native, words);
  process.stderr.write(stderr);
  return JSON.parse(stdout);
}

/** Opens a page with our module, the exported files, and the peers if they are needed. */
export async function openPage(given, name, browserOptions) {
  const folders = [
    ["/package/", given.package],
    ["/files/", given.folder],
    ["/peers/", given.peers ?? given.folder],
    ["/", PAGES],
  ];
  const files = await serveFiles(folders);
  const browser = await openBrowser(browserOptions);
  const tab = await browser.newTab();
  tab.setDefaultTimeout(0);
  await tab.goto(`${files.url}/${name}`);
  await tab.waitForFunction(() => globalThis.isReady, undefined, { timeout: 60_000 }).catch((error) => {
    throw new Error(`the page is not ready: ${tab.complaints.join("\n")}`, { cause: error });
  });
  return {
    tab,
    async close() {
      await browser.close();
      await files.stop();
    },
  };
}

/** The native program, answering questions line by line. */
export function startNative(given, scene) {
  const child = spawn(given.native, ["serve", scene, given.folder], {
    stdio: ["pipe", "pipe", "inherit"],
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const next = async () => {
    const { value, done } = await lines.next();
    if (done) throw new Error("the native program has ended");
    return JSON.parse(value);
  };
  return {
    greeting: next(),
    ask(question) {
      child.stdin.write(`${question}\n`);
      return next();
    },
    end: () => child.stdin.end(),
  };
}

/** Millions of something a second. */
export function millions(count, seconds) {
  return count / seconds / 1e6;
}

/** A row: the geometric mean over the scenes of ours over theirs. */
export function row(id, against, ours, theirs) {
  const scenes = Object.keys(ours);
  const logarithms = scenes.map((scene) => Math.log(median(ours[scene]) / median(theirs[scene])));
  const mean = logarithms.reduce((sum, one) => sum + one, 0) / scenes.length;
  return { id, value: Math.exp(mean), unit: "ratio", against, ours, theirs };
}

/** Prints the wanted rows and ends, whatever is still open. */
export function print(rows, only) {
  console.log(JSON.stringify(rows.filter(({ id }) => only === undefined || id === only)));
  process.exit();
}

/** The middle value. */
export function median(values) {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
}
