// The native programs: a server for a test, a contributor, a local render.

import { spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

import { sumsOf } from "./films.mjs";

/** The checkout. */
export const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

const START_LIMIT_MS = 60_000;
/** The command line program. */
export const CLI = process.env.P2C2R_CLI ?? join(ROOT, "target/debug/p2c2r");
const SERVER = process.env.P2C2R_SERVER ?? join(ROOT, "target/debug/p2c2r-server");

const running = new Set();
process.on("exit", () => running.forEach((child) => child.kill("SIGKILL")));

/** Starts a server on a free port; resolves when it listens. */
export async function startServer(options = []) {
  const data = await mkdtemp(join(tmpdir(), "p2c2r-server-"));
  const words = ["--listen", "127.0.0.1:0", "--data-dir", data, ...options];
  const child = start(SERVER, words);
  const url = await firstMatch(child, /http:\/\/127\.0\.0\.1:\d+/);
  return {
    url,
    async stop() {
      await stop(child);
      await rm(data, { recursive: true, force: true });
    },
  };
}

/** Starts a native contributor. */
export function startContributor(url, room, options = []) {
  const child = start(CLI, ["contribute", url, "--room", room, "--device", "cpu", ...options]);
  child.stdout.resume();
  return { pid: child.pid, stop: () => stop(child), kill: () => stop(child, "SIGKILL") };
}

/** Renders locally: three sums a pixel, row by row, and the id of the scene's package. */
export async function renderLocally({ scene, width, height, samples, seed }) {
  const folder = await mkdtemp(join(tmpdir(), "p2c2r-render-"));
  const out = join(folder, "film.sums");
  const stats = join(folder, "stats.json");
  const words = ["render", scene, "--size", `${width}x${height}`, "--spp", String(samples)];
  words.push("--seed", String(seed), "--device", "cpu", "--out", out, "--stats", stats);
  const child = start(CLI, words, "ignore");
  child.stdout.resume();
  const code = await ended(child);
  if (code !== 0) throw new Error(`p2c2r ${words.join(" ")} ended with ${code}`);
  const sums = sumsOf(await readFile(out));
  const report = JSON.parse(await readFile(stats, "utf8"));
  await rm(folder, { recursive: true });
  return { sums, sceneId: report.scene_id };
}

function start(program, words, chatter = "inherit") {
  const child = spawn(program, words, { stdio: ["ignore", "pipe", chatter] });
  running.add(child);
  child.once("exit", () => running.delete(child));
  return child;
}

async function stop(child, signal = "SIGTERM") {
  const end = ended(child);
  child.kill(signal);
  await end;
}

function ended(child) {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
}

function firstMatch(child, pattern) {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("the server is not ready in time")), START_LIMIT_MS);
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`the server ended with ${code}`)));
    createInterface({ input: child.stdout }).on("line", (line) => {
      const match = pattern.exec(line);
      if (!match) return;
      clearTimeout(timer);
      resolve(match[0]);
    });
  });
}
