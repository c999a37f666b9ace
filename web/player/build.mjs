// Builds dist/: the entry with a stable name, and beside it the workers and the WASM module under
// names that carry their hash. The innermost file comes first, since each names the next inner one.

import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const root = import.meta.dirname;
const dist = path.join(root, "dist");
const wasm = path.join(root, "../wasm/pkg/p2c2r_web_bg.wasm");
const predictorWasm = path.join(root, "../predictor/pkg/p2c2r_web_predictor_bg.wasm");
const latencyModel = path.join(root, "../../models/latency.onnx");
const costModel = path.join(root, "../../models/cost.onnx");

async function bundle(entry, { define = {}, hash = true } = {}) {
  const name = path.basename(entry, ".ts");
  const outputs = {
    finish: "finish-worker",
    predictor: "predictor",
    register: "p2c2r-player",
    session: "session-worker",
    trace: "trace-worker",
  };
  const base = outputs[name];
  const result = await build({
    entryPoints: { [base]: path.join(root, entry) },
    outdir: dist,
    entryNames: hash ? "[name]-[hash]" : "[name]",
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    sourcemap: false,
    legalComments: "none",
    logLevel: "warning",
    metafile: true,
    define: Object.fromEntries(
      Object.entries(define).map(([key, value]) => [key, JSON.stringify(`./${value}`)]),
    ),
  });
  return path.basename(Object.keys(result.metafile.outputs)[0]);
}

async function copyHashed(source, as) {
  const bytes = await readFile(source);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const name = `${as}-${hash}${path.extname(source)}`;
  await copyFile(source, path.join(dist, name));
  return name;
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const WASM_FILE = await copyHashed(wasm, "p2c2r");
const PREDICTOR_WASM_FILE = await copyHashed(predictorWasm, "p2c2r-predictor");
const LATENCY_MODEL_FILE = await copyHashed(latencyModel, "latency");
const COST_MODEL_FILE = await copyHashed(costModel, "cost");
const PREDICTOR_FILE = await bundle("src/worker/predictor.ts", {
  define: { PREDICTOR_WASM_FILE, LATENCY_MODEL_FILE, COST_MODEL_FILE },
});
const TRACE_WORKER_FILE = await bundle("src/worker/trace.ts");
const FINISH_WORKER_FILE = await bundle("src/worker/finish.ts");
const SESSION_WORKER_FILE = await bundle("src/worker/session.ts", {
  define: { WASM_FILE, TRACE_WORKER_FILE, FINISH_WORKER_FILE, PREDICTOR_FILE },
});
await bundle("src/register.ts", { define: { SESSION_WORKER_FILE }, hash: false });
