// Steps that several tests take on the contribute and watch pages and on a bare player.

/** Longest wait for one picture: software rendering on two busy cores. */
export const PATIENCE_MS = 120_000;
/** Longest wait for a page to reach a state: a software GPU compiles the kernels meanwhile, and may have one core. */
const STATE_PATIENCE_MS = 2 * PATIENCE_MS;

/** A room nobody else can guess. */
export function newRoom() {
  return crypto.randomUUID();
}

/** Opens the contribute page; nothing runs yet. */
export async function openContribute(tab, url, room, query = {}) {
  const search = new URLSearchParams({ room, ...query });
  await tab.goto(`${url}/contribute?${search}`);
  await tab.locator("#start").waitFor();
}

/** Says yes and waits until the contributor is known to the server. */
export async function startContributing(tab) {
  await tab.locator("#start").click();
  await waitForState(tab, "running");
}

/** Waits for the contribute page's state. */
export async function waitForState(tab, state) {
  const reached = tab.locator(`[data-state="${state}"]`);
  try {
    await reached.waitFor({ timeout: STATE_PATIENCE_MS, state: "attached" });
  } catch (error) {
    const found = await tab.locator("[data-state]").first().getAttribute("data-state");
    const words = tab.complaints.join("\n") || "no complaint";
    throw new Error(`the page is ${found}, not ${state}: ${words}`, { cause: error });
  }
}

/** Opens the watch page with everything filled in; nothing renders yet. */
export async function openWatch(tab, url, room, job, query = {}) {
  const search = new URLSearchParams({
    scene: job.scene,
    size: `${job.width}x${job.height}`,
    samples: String(job.samples),
    seed: String(job.seed),
    room,
    ...query,
  });
  await tab.goto(`${url}/watch?${search}`);
  await tab.locator("#render").waitFor();
}

/** Waits until the page's player has every sample of its frame. */
export async function waitForPicture(tab) {
  const done = await tab.waitForFunction(
    () => {
      const player = document.querySelector("p2c2r-player");
      const isOver = player?.state === "complete" || player?.state === "error";
      return isOver ? player.state : false;
    },
    undefined,
    // Polled, not by animation frames: a hidden tab has none.
    { timeout: PATIENCE_MS, polling: 250 },
  );
  const state = await done.jsonValue();
  if (state !== "complete") {
    throw new Error(`the player failed: ${tab.complaints.join("\n") || "without a word"}`);
  }
}

/** The player's exact film and who rendered it. */
export async function readFilm(tab) {
  const film = await tab.evaluate(async () => {
    const player = document.querySelector("p2c2r-player");
    const { width, height, samples, isComplete, sums } = await player.getRadianceSums();
    const blob = new Blob([sums]);
    const url = await new Promise((resolve) => {
      const reader = new FileReader();
      reader.onload = () => resolve(reader.result);
      reader.readAsDataURL(blob);
    });
    const peers = player.peers.map((peer) => {
      const { id, kind, name } = peer.peer ?? peer;
      return { id: String(id), kind, name, samples: peer.samples };
    });
    return { width, height, samples, isComplete, peers, base64: url.slice(url.indexOf(",") + 1) };
  });
  const { base64, ...rest } = film;
  return { ...rest, bytes: Buffer.from(base64, "base64") };
}

/** The player's picture as PNG. */
export async function readPng(tab) {
  const base64 = await tab.evaluate(async () => {
    const blob = await document.querySelector("p2c2r-player").toBlob({ mimeType: "image/png" });
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (const byte of bytes) text += String.fromCharCode(byte);
    return btoa(text);
  });
  return Buffer.from(base64, "base64");
}

/** Puts a player without a server on the empty page and waits for its picture. */
export async function renderAlone(tab, url, job, attributes = {}) {
  await tab.goto(`${url}/empty.html`);
  await tab.evaluate(
    (wanted) => {
      const player = document.createElement("p2c2r-player");
      for (const [name, value] of Object.entries(wanted)) player.setAttribute(name, value);
      player.addEventListener("load", (event) => {
        globalThis.sceneId = event.detail.id;
      });
      document.body.append(player);
    },
    {
      src: `generated:${job.scene.replace(":", "?").replaceAll(",", "&")}`,
      width: String(job.width),
      height: String(job.height),
      samples: String(job.samples),
      seed: String(job.seed),
      ...attributes,
    },
  );
  await waitForPicture(tab);
}

/** The id of the scene package that `renderAlone` rendered. */
export function sceneIdOf(tab) {
  return tab.evaluate(() => globalThis.sceneId);
}

/** Number of different colours in a PNG. */
export function colourCount(tab, png) {
  return tab.evaluate(async (base64) => {
    const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
    const bitmap = await createImageBitmap(new Blob([bytes], { type: "image/png" }));
    const context = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d");
    context.drawImage(bitmap, 0, 0);
    const { data } = context.getImageData(0, 0, bitmap.width, bitmap.height);
    return new Set(new Uint32Array(data.buffer)).size;
  }, png.toString("base64"));
}
