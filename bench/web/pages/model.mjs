// Loads the module that runs trained models, and asks one.

import init, { LatencyModel } from "/package/p2c2r_web_predictor.js";

let model;

/**
 * Milliseconds from the first request to the first answer, of one worker at each of eight costs; and of that until module
 * and model were there, and of reading the model.
 */
globalThis.load = async (costs) => {
  const began = performance.now();
  const [response] = await Promise.all([
    fetch("/files/latency.onnx").then((found) => found.arrayBuffer()),
    init({ module_or_path: fetch("/package/p2c2r_web_predictor_bg.wasm") }),
  ]);
  const fetched = performance.now();
  model = LatencyModel.load(new Uint8Array(response));
  const read = performance.now();
  const answers = model.predict(new Float32Array(costs * model.rowLength));
  const times = { whole: performance.now() - began, fetched: fetched - began, read: read - fetched };
  return { times, answers: answers.length / model.answerLength };
};

/** Mean milliseconds of an answer to this many rows. */
globalThis.predict = (count, rounds) => {
  const rows = new Float32Array(count * model.rowLength).map((_, place) => Math.sin(place));
  let answered = 0;
  const began = performance.now();
  for (let round = 0; round < rounds; round += 1) answered += model.predict(rows).length;
  const milliseconds = (performance.now() - began) / rounds;
  if (answered !== rounds * count * model.answerLength) throw new Error("answers are missing");
  return milliseconds;
};

globalThis.isReady = true;
