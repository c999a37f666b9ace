// `camera-orbit`, `camera-target` and `field-of-view`, in the words of model-viewer.

import type { CameraPose, SceneSummary, Vec3 } from "./messages.js";

export const CAMERA_ATTRIBUTES: readonly string[] = ["camera-orbit", "camera-target", "field-of-view"];

const DEGREE = Math.PI / 180;
const METRES: Record<string, number> = { m: 1, cm: 0.01, mm: 0.001 };
const RADIANS: Record<string, number> = { deg: DEGREE, rad: 1 };
const DEFAULT_AZIMUTH = 0;
const DEFAULT_POLAR = 75 * DEGREE;
const DEFAULT_RADIUS_SHARE = 1.05;
const MIN_FIELD_OF_VIEW = 1 * DEGREE;
const MAX_FIELD_OF_VIEW = 170 * DEGREE;
/** Straight up and straight down leave no way to tell which way is up. */
const POLAR_MARGIN = 0.02;

/** The pose that the attributes ask for; null if there are none. Parts that are absent are `auto`. */
export function attributePose(
  element: Element,
  scene: SceneSummary,
  suggested: CameraPose,
  aspect: number,
): CameraPose | null {
  if (!CAMERA_ATTRIBUTES.some((name) => element.hasAttribute(name))) return null;
  const tanHalfFovY = fieldOfView(element.getAttribute("field-of-view"), suggested.tanHalfFovY);
  const target = targetOf(words(element, "camera-target"), scene);
  const [azimuthWord = "auto", polarWord = "auto", radiusWord = "auto"] = words(element, "camera-orbit");
  const azimuth = number(azimuthWord, RADIANS) ?? DEFAULT_AZIMUTH;
  const anyPolar = number(polarWord, RADIANS) ?? DEFAULT_POLAR;
  const polar = Math.min(Math.PI - POLAR_MARGIN, Math.max(POLAR_MARGIN, anyPolar));
  const radius = radiusOf(radiusWord, framingRadius(scene, tanHalfFovY, aspect));
  const level = Math.sin(polar) * radius;
  const eye: Vec3 = [
    target[0] + Math.sin(azimuth) * level,
    target[1] + Math.cos(polar) * radius,
    target[2] + Math.cos(azimuth) * level,
  ];
  return { eye, target, tanHalfFovY };
}

function words(element: Element, name: string): string[] {
  return (element.getAttribute(name) ?? "").trim().split(/\s+/).filter((word) => word !== "");
}

/** A number with one of the units; null for `auto` and for anything else. */
function number(word: string, units: Record<string, number>): number | null {
  const [, digits = "", unit = ""] = /^(-?\d+(?:\.\d+)?)([a-z]+)$/.exec(word) ?? [];
  const scale = units[unit];
  return digits === "" || scale === undefined ? null : Number(digits) * scale;
}

function fieldOfView(text: string | null, suggested: number): number {
  const angle = text === null ? null : number(text.trim(), RADIANS);
  if (angle === null) return suggested;
  return Math.tan(Math.min(MAX_FIELD_OF_VIEW, Math.max(MIN_FIELD_OF_VIEW, angle)) / 2);
}

function targetOf(given: string[], { bounds: [minimum, maximum] }: SceneSummary): Vec3 {
  const axis = (index: 0 | 1 | 2): number =>
    number(given[index] ?? "auto", METRES) ?? (minimum[index] + maximum[index]) / 2;
  return [axis(0), axis(1), axis(2)];
}

function radiusOf(word: string, framing: number): number {
  const share = /^(\d+(?:\.\d+)?)%$/.exec(word)?.[1];
  if (share !== undefined) return Math.max(1e-4, (framing * Number(share)) / 100);
  return Math.max(1e-4, number(word, METRES) ?? framing * DEFAULT_RADIUS_SHARE);
}

/** From where the sphere around the scene just fits the picture. */
function framingRadius(scene: SceneSummary, tanHalfFovY: number, aspect: number): number {
  const [minimum, maximum] = scene.bounds;
  const size = ([0, 1, 2] as const).map((axis) => maximum[axis] - minimum[axis]);
  const tan = tanHalfFovY * Math.min(1, aspect);
  return ((Math.hypot(...size) / 2) * Math.hypot(1, tan)) / tan;
}
