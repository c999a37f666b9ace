// Orbit controls: pointer, wheel, touch and keyboard turn, move and approach the target.

import type { CameraPose, Vec3 } from "./messages.js";

/** Radians per CSS pixel of a drag. */
const TURN_PER_PX = 0.006;
/** Radians per arrow key. */
const TURN_PER_KEY = Math.PI / 36;
const ZOOM_PER_WHEEL_PX = 0.0012;
const ZOOM_PER_KEY = 1.15;
/** The camera stays this far from straight up and straight down. */
const MAX_ELEVATION = Math.PI / 2 - 0.02;
const MIN_DISTANCE = 1e-4;
const MAX_DISTANCE = 1e6;

interface Orbit {
  azimuth: number;
  elevation: number;
  distance: number;
  target: Vec3;
}

export class CameraControls {
  readonly #canvas: HTMLCanvasElement;
  readonly #onChange: (pose: CameraPose) => void;
  readonly #pointers = new Map<number, { x: number; y: number }>();
  readonly #abort = new AbortController();
  #orbit: Orbit = { azimuth: 0, elevation: 0, distance: 1, target: [0, 0, 0] };
  #tanHalfFovY = 0.5;

  /** `onChange` hears every new pose that a person asks for. */
  constructor(canvas: HTMLCanvasElement, pose: CameraPose, onChange: (pose: CameraPose) => void) {
    this.#canvas = canvas;
    this.#onChange = onChange;
    this.setPose(pose);
    const options = { signal: this.#abort.signal };
    canvas.addEventListener("pointerdown", (event) => this.#down(event), options);
    canvas.addEventListener("pointermove", (event) => this.#move(event), options);
    canvas.addEventListener("pointerup", (event) => this.#up(event), options);
    canvas.addEventListener("pointercancel", (event) => this.#up(event), options);
    canvas.addEventListener("contextmenu", (event) => event.preventDefault(), options);
    canvas.addEventListener("keydown", (event) => this.#key(event), options);
    canvas.addEventListener("wheel", (event) => this.#wheel(event), { ...options, passive: false });
  }

  /** Goes on from this pose. */
  setPose({ eye, target, tanHalfFovY }: CameraPose): void {
    const offset = subtract(eye, target);
    const distance = Math.max(MIN_DISTANCE, Math.hypot(...offset));
    this.#tanHalfFovY = tanHalfFovY;
    this.#orbit = {
      azimuth: Math.atan2(offset[0], offset[2]),
      elevation: Math.asin(clamp(offset[1] / distance, -1, 1)),
      distance,
      target,
    };
  }

  dispose(): void {
    this.#abort.abort();
    this.#pointers.clear();
  }

  #down(event: PointerEvent): void {
    if (this.#pointers.size >= 2) return;
    this.#canvas.setPointerCapture(event.pointerId);
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
  }

  #up(event: PointerEvent): void {
    this.#pointers.delete(event.pointerId);
  }

  #move(event: PointerEvent): void {
    const last = this.#pointers.get(event.pointerId);
    if (!last) return;
    const next = { x: event.clientX, y: event.clientY };
    const dx = next.x - last.x;
    const dy = next.y - last.y;
    const other = [...this.#pointers].find(([id]) => id !== event.pointerId)?.[1];
    this.#pointers.set(event.pointerId, next);
    if (other) this.#pinch(last, next, other, dx, dy);
    else if (event.shiftKey || event.buttons === 2) this.#pan(dx, dy);
    else this.#turn(-dx * TURN_PER_PX, dy * TURN_PER_PX);
    this.#changed();
  }

  /** Two fingers: their distance zooms, their movement pans. */
  #pinch(last: Point, next: Point, other: Point, dx: number, dy: number): void {
    const before = Math.hypot(last.x - other.x, last.y - other.y);
    const after = Math.hypot(next.x - other.x, next.y - other.y);
    if (before > 0 && after > 0) this.#zoom(before / after);
    this.#pan(dx / 2, dy / 2);
  }

  #wheel(event: WheelEvent): void {
    event.preventDefault();
    const pixels = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? event.deltaY * 16 : event.deltaY;
    this.#zoom(Math.exp(clamp(pixels, -500, 500) * ZOOM_PER_WHEEL_PX));
    this.#changed();
  }

  #key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || !this.#obey(event)) return;
    event.preventDefault();
    this.#changed();
  }

  #obey({ key, shiftKey }: KeyboardEvent): boolean {
    const step = this.#canvas.clientHeight / 20;
    const turn = (x: number, y: number): void =>
      shiftKey ? this.#pan(-x * step, y * step) : this.#turn(x * TURN_PER_KEY, y * TURN_PER_KEY);
    const actions: Record<string, () => void> = {
      ArrowLeft: () => turn(-1, 0),
      ArrowRight: () => turn(1, 0),
      ArrowUp: () => turn(0, 1),
      ArrowDown: () => turn(0, -1),
      "+": () => this.#zoom(1 / ZOOM_PER_KEY),
      "=": () => this.#zoom(1 / ZOOM_PER_KEY),
      "-": () => this.#zoom(ZOOM_PER_KEY),
      PageUp: () => this.#zoom(1 / ZOOM_PER_KEY),
      PageDown: () => this.#zoom(ZOOM_PER_KEY),
    };
    const action = actions[key];
    action?.();
    return action !== undefined;
  }

  #turn(azimuth: number, elevation: number): void {
    this.#orbit.azimuth += azimuth;
    this.#orbit.elevation = clamp(this.#orbit.elevation + elevation, -MAX_ELEVATION, MAX_ELEVATION);
  }

  #zoom(factor: number): void {
    this.#orbit.distance = clamp(this.#orbit.distance * factor, MIN_DISTANCE, MAX_DISTANCE);
  }

  /** Moves the target in the plane of the screen, so that it follows the pointer. */
  #pan(dx: number, dy: number): void {
    const { azimuth, elevation, distance, target } = this.#orbit;
    const height = Math.max(1, this.#canvas.clientHeight);
    const metresPerPx = (2 * distance * this.#tanHalfFovY) / height;
    const right: Vec3 = [Math.cos(azimuth), 0, -Math.sin(azimuth)];
    const up: Vec3 = [
      -Math.sin(azimuth) * Math.sin(elevation),
      Math.cos(elevation),
      -Math.cos(azimuth) * Math.sin(elevation),
    ];
    this.#orbit.target = [0, 1, 2].map(
      (axis) => (target[axis] ?? 0) - ((right[axis] ?? 0) * dx - (up[axis] ?? 0) * dy) * metresPerPx,
    ) as Vec3;
  }

  #changed(): void {
    const { azimuth, elevation, distance, target } = this.#orbit;
    const level = Math.cos(elevation) * distance;
    const eye: Vec3 = [
      target[0] + Math.sin(azimuth) * level,
      target[1] + Math.sin(elevation) * distance,
      target[2] + Math.cos(azimuth) * level,
    ];
    this.#onChange({ eye, target, tanHalfFovY: this.#tanHalfFovY });
  }
}

interface Point {
  x: number;
  y: number;
}

function clamp(value: number, minimum: number, maximum: number): number {
  return Math.min(maximum, Math.max(minimum, value));
}

function subtract(a: Vec3, b: Vec3): Vec3 {
  return [a[0] - b[0], a[1] - b[1], a[2] - b[2]];
}
