// The way from a session worker to the trained model, which it can do without.

import type { LatencyModel } from "./predictor.js";

let loading: Promise<LatencyModel | null> | undefined;

/** The model, fetched on first use; `null` where it cannot be had, which costs only accuracy. */
export function latencyModel(): Promise<LatencyModel | null> {
  loading ??= load().catch((error: unknown) => {
    console.warn("no trained model:", error);
    return null;
  });
  return loading;
}

async function load(): Promise<LatencyModel> {
  const url = new URL(PREDICTOR_FILE, import.meta.url).href;
  const predictor = (await import(url)) as typeof import("./predictor.js");
  return predictor.loadLatencyModel();
}
