// What the trained model costs a requester's page: bytes, time to the first answer, time of the answers that a
// frame may need. `--package` is the module's folder, `--folder` the one of the model.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

import { median, openPage, print, readArguments } from "./lib.mjs";

const PEERS = 64;
const COSTS = 8;
const REPETITIONS = 7;
/** Answers of one repetition: browsers' clocks are coarse. */
const ROUNDS = 20;
const BARS = { load: 150, bytes: 1_700_000 };

process.on("SIGTERM", () => process.exit(1));
const given = readArguments();
const loads = [];
const answers = [];
for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
  // A browser of its own each time: none remembers the module.
  const page = await openPage(given, "model.html");
  const first = await page.tab.evaluate((costs) => globalThis.load(costs), COSTS);
  if (first.answers !== COSTS) throw new Error(`${first.answers} answers to ${COSTS} rows`);
  loads.push(first.milliseconds);
  const ask = () => page.tab.evaluate(([rows, rounds]) => globalThis.predict(rows, rounds), [PEERS * COSTS, ROUNDS]);
  // Until it has run for a while a browser has not compiled it well.
  await ask();
  answers.push(await ask());
  await page.close();
}
const module = await readFile(join(given.package, "p2c2r_web_predictor_bg.wasm"));
const params = { [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY };
const bytes = (await promisify(brotliCompress)(module, { params })).length;
print(
  [
    against("model-load-ms-wasm", "ms", loads, BARS.load),
    against("model-wasm-brotli-bytes", "B", [bytes], BARS.bytes),
    { id: "model-answers-ms-wasm", value: median(answers), unit: "ms", against: "", ours: answers, theirs: [] },
  ],
  given.only,
);

function against(id, unit, ours, bar) {
  return { id, value: median(ours), unit, against: "bar", ours, theirs: [bar] };
}
