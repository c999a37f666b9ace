// three-gpu-pathtracer's WebGPU tracer on the same scene: its wavefront, which it prefers itself.

import { Color, Matrix4, PerspectiveCamera, REVISION, Scene, WebGPURenderer } from "three/webgpu";
import { GLTFLoader } from "three/addons/loaders/GLTFLoader.js";
import { WebGPUPathTracer } from "three-gpu-pathtracer/src/webgpu/WebGPUPathTracer.js";

/** Steps of a picture end with it in any case. */
const MOST_STEPS = 10_000;

/** Their rays begin on the near plane and are aimed at the far one, in single precision: not too far apart. */
const NEAR_M = 0.05;
const FAR_M = 200;

/** Loads a scene; gives the seconds until its first step is done, compilation included. */
export async function open(wanted, { sidePx, bounces }) {
  const started = performance.now();
  const renderer = new WebGPURenderer();
  await renderer.init();
  renderer.setPixelRatio(1);
  renderer.setSize(sidePx, sidePx, false);
  renderer.setClearColor(0, 1);
  const tracer = new WebGPUPathTracer(renderer);
  // No preview, no fading in, nothing that is measured for showing it.
  const renderDelay = Number.NEGATIVE_INFINITY;
  Object.assign(tracer, { renderDelay, dynamicLowRes: false, minSamples: 0, fadeDuration: 0 });
  // No bias that ours is without: neither clamps nor blurs.
  Object.assign(tracer, { clampDirect: 0, clampIndirect: 0, filterGlossyFactor: 0 });
  // Its limit counts the hits that are shaded; ours looks for emission at one more.
  tracer.maxBounces = bounces + 1;
  tracer.setScene(await load(wanted), cameraOf(wanted));
  const theirs = { renderer, tracer, version: `three ${REVISION}` };
  await step(theirs);
  theirs.seconds = (performance.now() - started) / 1e3;
  return theirs;
}

/** Goes on for some steps, of one vertex of every path each; counts the rays that they traced. */
export async function run(theirs, steps) {
  const total = { seconds: 0, rays: 0 };
  for (let index = 0; index < steps; index += 1) {
    const { seconds, rays } = await step(theirs);
    total.seconds += seconds;
    total.rays += rays;
  }
  return total;
}

/** Traces a picture of so many samples from its beginning to its end. */
export async function trace(theirs, samples) {
  const { tracer } = theirs;
  tracer.maxSamples = samples;
  tracer.reset();
  const total = { seconds: 0, rays: 0, radiance: null };
  for (let index = 0; index < MOST_STEPS; index += 1) {
    const { seconds, rays } = await step(theirs);
    total.seconds += seconds;
    total.rays += rays;
    if (rays === 0) break;
  }
  tracer.maxSamples = 0;
  total.radiance = await radiance(theirs);
  return total;
}

/** Frees what can be. */
export function close({ tracer, renderer }) {
  tracer.dispose();
  renderer.dispose();
}

/** One step, timed until the device is done; the lengths of its queues are read afterwards, untimed. */
async function step({ renderer, tracer }) {
  const started = performance.now();
  tracer.renderSample();
  await renderer.backend.device.queue.onSubmittedWorkDone();
  const seconds = (performance.now() - started) / 1e3;
  const { rayQueue, shadowRayQueue } = tracer._pathTracer;
  let rays = 0;
  for (const queue of [rayQueue, shadowRayQueue]) {
    rays += new Uint32Array(await renderer.getArrayBufferAsync(queue))[0];
  }
  return { seconds, rays };
}

async function load({ name, hasSky }) {
  const { scene: model } = await new GLTFLoader().loadAsync(`/files/${name}.glb`);
  const scene = new Scene();
  scene.add(model);
  if (hasSky) {
    scene.environment = new Color(1, 1, 1);
    scene.background = scene.environment;
  }
  return scene;
}

function cameraOf({ worldFromCamera, tanHalfFovY }) {
  const fovY = (2 * Math.atan(tanHalfFovY) * 180) / Math.PI;
  const camera = new PerspectiveCamera(fovY, 1, NEAR_M, FAR_M);
  const rows = [...worldFromCamera.flat(), 0, 0, 0, 1];
  new Matrix4().set(...rows).decompose(camera.position, camera.quaternion, camera.scale);
  return camera;
}

/** Radiance of every pixel, row by row from the top, three numbers each. */
async function radiance({ renderer, tracer }) {
  const { target } = tracer;
  const { width, height } = target;
  const pixels = await renderer.backend.copyTextureToBuffer(target, 0, 0, width, height, 0);
  // Rows in the buffer begin at multiples of 256 bytes.
  const stride = Math.ceil((width * 16) / 256) * 64;
  const result = new Float32Array(width * height * 3);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const at = y * stride + x * 4;
      result.set(pixels.subarray(at, at + 3), (y * width + x) * 3);
    }
  }
  return result;
}
