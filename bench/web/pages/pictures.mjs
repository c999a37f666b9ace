// Both GPU tracers on one scene, in one page; the measuring script calls what is global here.

import * as ours from "./ours.mjs";
import * as theirs from "./theirs.mjs";

/** Pixels of a drawn pixel. */
const ZOOM = 4;

let held = null;

/** Loads a scene into both; gives the seconds that each took, and what it runs. */
globalThis.load = async (wanted, settings) => {
  if (held) {
    ours.close(held.ours);
    theirs.close(held.theirs);
  }
  held = { ours: await ours.open(wanted), theirs: await theirs.open(wanted, settings), settings };
  const told = ({ seconds, version }) => ({ seconds, version });
  return { ours: told(held.ours), theirs: told(held.theirs) };
};

/** A picture of ours, timed. */
globalThis.traceOurs = async () => {
  const { seconds, rays } = await ours.trace(held.ours, held.settings);
  return { seconds, rays };
};

/** Some steps of theirs, timed. */
globalThis.runTheirs = () => theirs.run(held.theirs, held.settings.steps);

/** The same picture by both: its means by channel, its cost, and both side by side as PNG. */
globalThis.compare = async (samples) => {
  const settings = { ...held.settings, samples };
  const pictures = [await ours.trace(held.ours, settings), await theirs.trace(held.theirs, samples)];
  const told = pictures.map(({ seconds, rays, radiance }) => ({
    seconds,
    rays,
    mean: [0, 1, 2].map((channel) => mean(radiance, channel)),
  }));
  return { ours: told[0], theirs: told[1], png: draw(pictures, settings.sidePx) };
};

function mean(radiance, channel) {
  let sum = 0;
  for (let at = channel; at < radiance.length; at += 3) sum += radiance[at];
  return sum / (radiance.length / 3);
}

function draw(pictures, sidePx) {
  const canvas = document.createElement("canvas");
  canvas.width = 2 * sidePx * ZOOM;
  canvas.height = sidePx * ZOOM;
  const context = canvas.getContext("2d");
  for (const [index, { radiance }] of pictures.entries()) {
    for (let pixel = 0; pixel < sidePx * sidePx; pixel += 1) {
      const [r, g, b] = radiance.slice(pixel * 3, pixel * 3 + 3).map(shown);
      context.fillStyle = `rgb(${r} ${g} ${b})`;
      const [x, y] = [(pixel % sidePx) + index * sidePx, Math.floor(pixel / sidePx)];
      context.fillRect(x * ZOOM, y * ZOOM, ZOOM, ZOOM);
    }
  }
  return canvas.toDataURL("image/png").split(",")[1];
}

/** A channel as sRGB shows it, 0 to 255. */
function shown(radiance) {
  const value = Math.min(Math.max(radiance, 0), 1);
  return 255 * (value <= 0.0031308 ? 12.92 * value : 1.055 * value ** (1 / 2.4) - 0.055);
}

globalThis.isReady = true;
