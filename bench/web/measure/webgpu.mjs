// Our WebGPU tracer and three-gpu-pathtracer's, on the same adapter of Chromium, in turns: rays that were
// actually traced, of both kinds, counted by either side, a second. Compilation is told beside, not counted.

import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";

import {
  REPETITIONS,
  WARM_UPS,
  exportScenes,
  millions,
  openPage,
  print,
  readArguments,
  row,
} from "./lib.mjs";

/** A software adapter traces thousands of rays a second. */
const SETTINGS = { sidePx: 64, samples: 16, bounces: 8, steps: 6 };
/** Samples of the pictures that must agree: without light samples, as theirs of emissive meshes are, few would not do. */
const COMPARED_SAMPLES = 64;
/** By how much their means may differ. */
const MEAN_TOLERANCE = 0.05;

process.on("SIGTERM", () => process.exit(1));
const given = readArguments();
const page = await openPage(given, "pictures.html", { webgpu: true, canvas: true });
const speeds = { ours: {}, theirs: {} };
let version = "";
for (const scene of await exportScenes(given, "export-pictures")) {
  await race(scene);
}
const peer = JSON.parse(await readFile(join(given.peers, "three-gpu-pathtracer/package.json")));
const against = `${peer.name} ${peer.version} on ${version}, millions of rays a second`;
print([row("webgpu-vs-three", against, speeds.ours, speeds.theirs)], given.only);

async function race(scene) {
  const loaded = await page.tab.evaluate(
    ([wanted, settings]) => globalThis.load(wanted, settings),
    [scene, SETTINGS],
  );
  version = loaded.theirs.version;
  const { ours, theirs } = loaded;
  console.error(`${scene.name}: ready after ${ours.seconds.toFixed(1)} s (${ours.version})`);
  console.error(`${scene.name}: ${version} after ${theirs.seconds.toFixed(1)} s`);
  for (const side of Object.keys(speeds)) speeds[side][scene.name] = [];
  for (let round = 0; round < WARM_UPS + REPETITIONS; round += 1) {
    const found = {
      ours: await page.tab.evaluate(() => globalThis.traceOurs()),
      theirs: await page.tab.evaluate(() => globalThis.runTheirs()),
    };
    for (const [side, { seconds, rays }] of Object.entries(found)) {
      if (round >= WARM_UPS) speeds[side][scene.name].push(millions(rays, seconds));
      console.error(`${scene.name}, ${side}: ${rays} rays in ${seconds.toFixed(2)} s`);
    }
  }
  await compare(scene);
}

async function compare({ name }) {
  const found = await page.tab.evaluate((samples) => globalThis.compare(samples), COMPARED_SAMPLES);
  const file = join(given.folder, `${name}.png`);
  await writeFile(file, Buffer.from(found.png, "base64"));
  for (const side of ["ours", "theirs"]) {
    const { seconds, rays, mean } = found[side];
    const words = mean.map((value) => value.toFixed(4)).join(" ");
    console.error(`${name}, ${side}: mean ${words}; ${rays} rays in ${seconds.toFixed(1)} s; ${file}`);
  }
  const isSame = found.ours.mean.every(
    (value, channel) => Math.abs(value / found.theirs.mean[channel] - 1) < MEAN_TOLERANCE,
  );
  if (!isSame) throw new Error(`${name}: the means differ by more than ${MEAN_TOLERANCE}`);
}
