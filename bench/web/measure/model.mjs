// What the trained model costs a requester's page: bytes, time to the first answer, time of the answers that a
// frame may need. `--package` is the module's folder, `--folder` the one of the model.

import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

import { median, openPage, print, readArguments } from "./lib.mjs";

const MODULE = "p2c2r_web_predictor_bg.wasm";
const SCRIPT = "p2c2r_web_predictor.js";
const MODEL = "latency.onnx";
const PEERS = 64;
const COSTS = 8;
const REPETITIONS = 7;
/** Answers of one repetition: browsers' clocks are coarse. */
const ROUNDS = 20;
const BARS = { load: 150, bytes: 1_700_000 };

process.on("SIGTERM", () => process.exit(1));
const given = readArguments();
const served = await mkdtemp(join(tmpdir(), "p2c2r-model-"));
await copyFile(join(given.package, SCRIPT), join(served, SCRIPT));
const bytes = await compress(given.package, MODULE);
await compress(given.folder, MODEL);
const loads = { whole: [], fetched: [], read: [] };
const answers = [];
for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
  // A browser of its own each time: none remembers the module.
  const page = await openPage({ ...given, package: served, folder: served }, "model.html");
  const first = await page.tab.evaluate((costs) => globalThis.load(costs), COSTS);
  if (first.answers !== COSTS) throw new Error(`${first.answers} answers to ${COSTS} rows`);
  for (const [part, times] of Object.entries(loads)) times.push(first.times[part]);
  const ask = () => page.tab.evaluate(([rows, rounds]) => globalThis.predict(rows, rounds), [PEERS * COSTS, ROUNDS]);
  // Until it has run for a while a browser has not compiled it well.
  await ask();
  answers.push(await ask());
  await page.close();
}
await rm(served, { recursive: true });
print(
  [
    against("model-load-ms-wasm", "ms", loads.whole, BARS.load),
    alone("model-fetch-ms-wasm", loads.fetched),
    alone("model-read-ms-wasm", loads.read),
    against("model-wasm-brotli-bytes", "B", [bytes], BARS.bytes),
    alone("model-answers-ms-wasm", answers),
  ],
  given.only,
);

/** Puts a file, as it is and compressed as a server sends it, where it is served from; gives the compressed bytes. */
async function compress(folder, name) {
  const whole = await readFile(join(folder, name));
  const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
  const packed = await promisify(brotliCompress)(whole, { params });
  await writeFile(join(served, name), whole);
  await writeFile(join(served, `${name}.br`), packed);
  return packed.length;
}

function against(id, unit, ours, bar) {
  return { id, value: median(ours), unit, against: "bar", ours, theirs: [bar] };
}

function alone(id, ours) {
  return { id, value: median(ours), unit: "ms", against: "", ours, theirs: [] };
}
