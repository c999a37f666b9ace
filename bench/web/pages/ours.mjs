// Our GPU tracer on an exported scene.

import start, { Gpu } from "/package/p2c2r_bench_web.js";

await start();

/** Loads a scene; gives the seconds until it can be traced, the race of the kernels included. */
export async function open({ name }) {
  const started = performance.now();
  const response = await fetch(`/files/${name}.package`);
  if (!response.ok) throw new Error(`${name}: ${response.status}`);
  const gpu = await Gpu.open(new Uint8Array(await response.arrayBuffer()));
  const seconds = (performance.now() - started) / 1e3;
  return { gpu, seconds, version: gpu.kernels };
}

/** Traces a picture of so many samples. */
export async function trace({ gpu }, { sidePx, samples, bounces }) {
  const started = performance.now();
  const picture = await gpu.trace(sidePx, samples, bounces);
  const seconds = (performance.now() - started) / 1e3;
  const { rays } = picture;
  const radiance = picture.radiance();
  picture.free();
  return { seconds, rays, radiance };
}

/** Frees the device. */
export function close({ gpu }) {
  gpu.free();
}
