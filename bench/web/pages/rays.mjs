// Traces exported rays through our CPU tracer; the measuring script calls what is global here.

import start, { Rays } from "/package/p2c2r_bench_web.js";

let rays = null;

/** Loads a scene and its rays; gives their number, and every bit of every hit as one number. */
globalThis.load = async (name) => {
  rays?.free();
  const [scene, list] = await Promise.all([bytes(`${name}.package`), bytes(`${name}.rays`)]);
  rays = new Rays(scene, list);
  return { count: rays.count, digest: rays.digest() };
};

/** Traces them all. */
globalThis.trace = () => {
  const started = performance.now();
  const hits = rays.trace();
  return { seconds: (performance.now() - started) / 1e3, hits };
};

async function bytes(name) {
  const response = await fetch(`/files/${name}`);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  return new Uint8Array(await response.arrayBuffer());
}

await start();
globalThis.isReady = true;
