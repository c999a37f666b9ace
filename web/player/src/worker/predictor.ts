// The trained model in a module of its own: whoever renders loads it when a session first asks for it.

import init, { LatencyModel } from "../../../predictor/pkg/p2c2r_web_predictor.js";

export { LatencyModel };

/** Fetches the module and the model; fails with a reason where one of them cannot be used. */
export async function loadLatencyModel(): Promise<LatencyModel> {
  const [bytes] = await Promise.all([fetchModel(), startModule()]);
  return LatencyModel.load(bytes);
}

/** Makes the module ready without a model. */
export async function startModule(): Promise<void> {
  await init({ module_or_path: fetch(new URL(PREDICTOR_WASM_FILE, import.meta.url)) });
}

async function fetchModel(): Promise<Uint8Array> {
  const response = await fetch(new URL(LATENCY_MODEL_FILE, import.meta.url));
  if (!response.ok) throw new Error(`the model is not there: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}
