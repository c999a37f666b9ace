// The way from a session worker to the trained models, which it can do without.

import type { CostModel, LatencyModel } from "./predictor.js";

let latency: Promise<LatencyModel | null> | undefined;
let cost: Promise<CostModel | null> | undefined;

/** The model of workers, fetched on first use; `null` where it cannot be had, which costs only accuracy. */
export function latencyModel(): Promise<LatencyModel | null> {
  latency ??= predictor().then(({ loadLatencyModel }) => loadLatencyModel()).catch(without);
  return latency;
}

/** The model of costs, likewise. */
export function costModel(): Promise<CostModel | null> {
  cost ??= predictor().then(({ loadCostModel }) => loadCostModel()).catch(without);
  return cost;
}

async function predictor(): Promise<typeof import("./predictor.js")> {
  const url = new URL(PREDICTOR_FILE, import.meta.url).href;
  return (await import(url)) as typeof import("./predictor.js");
}

function without(error: unknown): null {
  console.warn("no trained model:", error);
  return null;
}
