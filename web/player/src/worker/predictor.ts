// The trained models in a module of their own: whoever renders loads it when a session first asks for one.

import init, { CostModel, LatencyModel } from "../../../predictor/pkg/p2c2r_web_predictor.js";

export { CostModel, LatencyModel };

let started: Promise<void> | undefined;

/** Fetches the module and the model of workers; fails with a reason where one of them cannot be used. */
export async function loadLatencyModel(): Promise<LatencyModel> {
  const [bytes] = await Promise.all([fetchModel(LATENCY_MODEL_FILE), startModule()]);
  return LatencyModel.load(bytes);
}

/** The same for the model of costs. */
export async function loadCostModel(): Promise<CostModel> {
  const [bytes] = await Promise.all([fetchModel(COST_MODEL_FILE), startModule()]);
  return CostModel.load(bytes);
}

/** Makes the module ready without a model. */
export function startModule(): Promise<void> {
  started ??= start();
  return started;
}

async function start(): Promise<void> {
  await init({ module_or_path: fetch(new URL(PREDICTOR_WASM_FILE, import.meta.url)) });
}

async function fetchModel(file: string): Promise<Uint8Array> {
  const response = await fetch(new URL(file, import.meta.url));
  if (!response.ok) throw new Error(`the model is not there: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
