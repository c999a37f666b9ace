// From the element's attributes to settings; a value that makes no sense gives the default.

import type { CameraChoice, DeviceChoice, RenderSettings, SceneSource, ToneMapping } from "./messages.js";

export const OBSERVED_ATTRIBUTES = [
  "src",
  "alt",
  "signal",
  "room",
  "camera",
  "camera-controls",
  "camera-orbit",
  "camera-target",
  "field-of-view",
  "time",
  "animate",
  "poster",
  "width",
  "height",
  "samples",
  "seed",
  "bounces",
  "exposure",
  "tone-mapping",
  "lens-radius",
  "focus",
  "environment-image",
  "device",
  "threads",
  "max-peers",
  "prediction-log",
  "ui",
] as const;

/** Attributes whose change needs a new session, not a new view. */
export const SESSION_ATTRIBUTES: readonly string[] = [
  "signal",
  "room",
  "device",
  "threads",
  "max-peers",
  "prediction-log",
];

const DEFAULT_SAMPLES = 256;
const MAX_SAMPLES = 1 << 20;
const DEFAULT_BOUNCES = 8;
const MAX_BOUNCES = 64;
const DEFAULT_MAX_PEERS = 8;
const MAX_PEERS = 64;
const MAX_THREADS = 64;
const MAX_EXPOSURE_EV = 64;
const MAX_TIME_S = 86_400;
/** As the tracers have it. */
const MAX_LENS_M = 1e6;
const MAX_SIDE_PX = 16_384;
/** A film from the element's size has no more pixels than this: they all cost light. */
const MAX_AUTO_PIXELS = 1920 * 1080;
const MAX_DEVICE_PIXEL_RATIO = 2;
const FALLBACK_SIZE = { width: 640, height: 360 };

export interface BoxSize {
  width: number;
  height: number;
}

export function renderSettings(element: Element, box: BoxSize): RenderSettings {
  return {
    ...filmSize(element, box),
    samples: integer(element, "samples", DEFAULT_SAMPLES, 1, MAX_SAMPLES),
    seed: integer(element, "seed", 1, 0, 0xffffffff),
    bounces: integer(element, "bounces", DEFAULT_BOUNCES, 1, MAX_BOUNCES),
    exposure: exposure(element),
    toneMapping: toneMapping(element),
    ...lens(element),
  };
}

export function deviceChoice(element: Element): DeviceChoice {
  const device = element.getAttribute("device");
  return device === "gpu" || device === "cpu" || device === "none" ? device : "auto";
}

export function threadCount(element: Element): number {
  return integer(element, "threads", 0, 0, MAX_THREADS);
}

export function maxPeers(element: Element): number {
  return integer(element, "max-peers", DEFAULT_MAX_PEERS, 0, MAX_PEERS);
}

export function cameraChoice(element: Element): CameraChoice {
  const name = element.getAttribute("camera");
  return name ? { kind: "named", name } : { kind: "default" };
}

/** `generated:night-city?size=600&seed=7`, or the address of a `.glb` or `.gltf`. */
export function sceneSource(src: string): SceneSource {
  if (!src.startsWith("generated:")) {
    return { kind: "url", url: new URL(src, document.baseURI).href };
  }
  const [name = "", query = ""] = src.slice("generated:".length).split("?");
  const options = query.split("&").filter((option) => option !== "");
  return { kind: "generated", spec: options.length > 0 ? `${name}:${options.join(",")}` : name };
}

/** The attributes if both are there; else the element's pixels, within a limit. */
function filmSize(element: Element, box: BoxSize): BoxSize {
  const width = integer(element, "width", 0, 1, MAX_SIDE_PX);
  const height = integer(element, "height", 0, 1, MAX_SIDE_PX);
  if (width > 0 && height > 0) return { width, height };
  if (box.width < 1 || box.height < 1) return FALLBACK_SIZE;
  const ratio = Math.min(devicePixelRatio, MAX_DEVICE_PIXEL_RATIO);
  const pixels = box.width * box.height * ratio * ratio;
  const scale = ratio * Math.min(1, Math.sqrt(MAX_AUTO_PIXELS / pixels));
  return {
    width: Math.max(1, Math.round(box.width * scale)),
    height: Math.max(1, Math.round(box.height * scale)),
  };
}

/** Seconds since the animation began. */
export function timeAttribute(element: Element): number {
  const value = Number(element.getAttribute("time") ?? 0);
  return value >= 0 && value <= MAX_TIME_S ? value : 0;
}

/** In stops. */
function exposure(element: Element): number {
  const value = Number(element.getAttribute("exposure") ?? 0);
  return Number.isFinite(value) && Math.abs(value) <= MAX_EXPOSURE_EV ? value : 0;
}

/** Without a distance that is sharp there is no lens. */
function lens(element: Element): { lensRadius: number; focus: number } {
  const lensRadius = metres(element, "lens-radius");
  const focus = metres(element, "focus");
  return lensRadius > 0 && focus > 0 ? { lensRadius, focus } : { lensRadius: 0, focus: 1 };
}

/** 0 for what is no length. */
function metres(element: Element, name: string): number {
  const value = Number(element.getAttribute(name) ?? 0);
  return value > 0 && value <= MAX_LENS_M ? value : 0;
}

function toneMapping(element: Element): ToneMapping {
  const name = element.getAttribute("tone-mapping");
  return name === "agx" || name === "aces" || name === "none" ? name : "neutral";
}

function integer(
  element: Element,
  name: string,
  fallback: number,
  minimum: number,
  maximum: number,
): number {
  const text = element.getAttribute(name);
  if (text === null || !/^\d+$/.test(text.trim())) return fallback;
  const value = Number(text);
  return value >= minimum && value <= maximum ? value : fallback;
}
