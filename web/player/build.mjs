// Builds dist/: the entry with a stable name, and beside it the workers and the WASM module under
// names that carry their hash. The innermost file comes first, since each names the next inner one.

import { createHash } from "node:crypto";
import { copyFile, mkdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { build } from "esbuild";

const root = import.meta.dirname;
const dist = path.join(root, "dist");
const wasm = path.join(root, "../wasm/pkg/p2c2r_web_bg.wasm");

async function bundle(entry, { define = {}, hash = true } = {}) {
  const name = path.basename(entry, ".ts");
  const base = name === "register" ? "p2c2r-player" : `${name}-worker`;
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

async function copyHashed(source) {
  const bytes = await readFile(source);
  const hash = createHash("sha256").update(bytes).digest("hex").slice(0, 8).toUpperCase();
  const name = `p2c2r-${hash}.wasm`;
  await copyFile(source, path.join(dist, name));
  return name;
}

await rm(dist, { recursive: true, force: true });
await mkdir(dist, { recursive: true });
const WASM_FILE = await copyHashed(wasm);
const TRACE_WORKER_FILE = await bundle("src/worker/trace.ts");
const FINISH_WORKER_FILE = await bundle("src/worker/finish.ts");
const SESSION_WORKER_FILE = await bundle("src/worker/session.ts", {
  define: { WASM_FILE, TRACE_WORKER_FILE, FINISH_WORKER_FILE },
});
await bundle("src/register.ts", { define: { SESSION_WORKER_FILE }, hash: false });
