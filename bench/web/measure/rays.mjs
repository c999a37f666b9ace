// Incoherent rays through our tracer in Chromium and natively, one thread each, in turns.

import {
  REPETITIONS,
  WARM_UPS,
  exportScenes,
  millions,
  openPage,
  print,
  readArguments,
  row,
  startNative,
} from "./lib.mjs";

process.on("SIGTERM", () => process.exit(1));
const given = readArguments();
const page = await openPage(given, "rays.html");
const speeds = { wasm: {}, four: {}, best: {} };
for (const scene of await exportScenes(given, "export-rays")) {
  await race(scene);
}
print(
  [
    row(
      "wasm-vs-native",
      "native, four-wide, millions of rays a second; every bit of every hit is the same",
      speeds.wasm,
      speeds.four,
    ),
    row("four-wide-vs-best", "native, at this machine's best width", speeds.four, speeds.best),
  ],
  given.only,
);

async function race(scene) {
  const native = startNative(given, scene);
  const { count, digest } = await page.tab.evaluate((name) => globalThis.load(name), scene);
  const { digests } = await native.greeting;
  if (digests.some((other) => other !== digest)) {
    throw new Error(`${scene}: hits differ: ${digest} in the browser, ${digests} natively`);
  }
  for (const side of Object.keys(speeds)) speeds[side][scene] = [];
  for (let round = 0; round < WARM_UPS + REPETITIONS; round += 1) {
    const found = {
      wasm: await page.tab.evaluate(() => globalThis.trace()),
      four: await native.ask("four"),
      best: await native.ask("best"),
    };
    for (const [side, { seconds }] of Object.entries(found)) {
      if (round >= WARM_UPS) speeds[side][scene].push(millions(count, seconds));
      console.error(`${scene}, ${side}: ${millions(count, seconds).toFixed(3)} million rays a second`);
    }
  }
  native.end();
}
