// Entry of the session worker: runs the session (Rust) and does for it what needs the browser.

import init, { SessionWorker } from "../../../wasm/pkg/p2c2r_web.js";
import type { PageEnvelope, SessionEnvelope } from "../messages.js";
import type { Feed, Input, Output } from "./environment.js";
import { fetchLimited } from "./fetch-limited.js";
import { Forecast } from "./forecast.js";
import { keep, recall, SECRET, STATE } from "./keepsakes.js";
import { Finisher } from "./finisher.js";
import { TracePool } from "./pool.js";
import { fetchScene } from "./scene-files.js";
import { Screen } from "./screen.js";
import { SignalingSocket } from "./socket.js";

const module = WebAssembly.compileStreaming(fetch(new URL(WASM_FILE, import.meta.url)));

class SessionHost {
  readonly #session: SessionWorker;
  readonly #pool: TracePool;
  readonly #finisher: Finisher;
  readonly #socket: SignalingSocket;
  readonly #forecast: Forecast;
  #screen: Screen | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isStateLost = false;

  constructor() {
    const feed: Feed = (input, attachments) => this.#feed(input, attachments);
    this.#pool = new TracePool(module, feed);
    this.#finisher = new Finisher(module, feed);
    this.#socket = new SignalingSocket(feed);
    this.#forecast = new Forecast(feed);
    this.#session = new SessionWorker(navigator.hardwareConcurrency, (json: string, attachments: Uint8Array[]) =>
      this.#perform(JSON.parse(json) as Output, attachments),
    );
  }

  onPage(envelope: PageEnvelope): void {
    if ("message" in envelope) {
      const attachments = envelope.attachments.map((buffer) => new Uint8Array(buffer));
      this.#feed({ kind: "page", message: envelope.message }, attachments);
    } else if ("canvas" in envelope) {
      this.#screen = new Screen(envelope.canvas);
    } else {
      const { peer, channel, endpoint } = envelope.channel;
      if (endpoint instanceof MessagePort) this.#session.attachPort(peer, channel, endpoint);
      else this.#session.attachChannel(peer, channel, endpoint);
    }
  }

  #feed(input: Input, attachments: Uint8Array[] = []): void {
    this.#session.handle(JSON.stringify(input), attachments);
  }

  #perform(output: Output, attachments: Uint8Array[]): void {
    const bytes = attachments[0] ?? new Uint8Array();
    switch (output.kind) {
      case "page":
        this.#toPage(output.message, attachments);
        break;
      case "fetchScene":
        void this.#fetchScene(output);
        break;
      case "socketOpen":
        this.#socket.open(output.url, output.subprotocol);
        break;
      case "socketSend":
        this.#socket.send(output.text);
        break;
      case "socketClose":
        this.#socket.close(output.code);
        break;
      case "timer":
        this.#setTimer(output.delayMs);
        break;
      case "fetchBlob":
        void this.#fetchBlob(output);
        break;
      case "storeBlob":
        void this.#storeBlob(output.scene, output.url, bytes);
        break;
      case "startPool":
        void this.#startPool(output.workers);
        break;
      case "poolScene":
        this.#pool.addScene(output.scene, bytes);
        this.#finisher.addScene(output.scene, bytes);
        break;
      case "poolForget":
        this.#pool.forgetScene(output.scene);
        this.#finisher.forgetScene(output.scene);
        break;
      case "trace":
        this.#pool.trace(output.slot, output.ticket, output.scene, bytes);
        break;
      case "cancelTrace":
        this.#pool.cancel(output.slot, output.ticket);
        break;
      case "predict":
        void this.#forecast.answer(output.question, bytes);
        break;
      case "look":
        void this.#finisher.look(output, bytes);
        break;
      case "predictCosts":
        void this.#forecast.answerCosts(output.question, bytes);
        break;
      case "saveState":
        void this.#saveState(bytes);
        break;
      case "denoise":
        void this.#finisher.denoise(output, attachments);
        break;
      case "cancelDenoise":
        this.#finisher.cancel(output.ticket);
        break;
      case "paint":
        this.#screen?.paint(output.width, output.height, bytes);
        break;
    }
  }

  #toPage(message: SessionEnvelope["message"], attachments: Uint8Array[]): void {
    const buffers = attachments.map((bytes) => bytes.buffer as ArrayBuffer);
    const envelope: SessionEnvelope = { message, attachments: buffers };
    self.postMessage(envelope, { transfer: buffers });
    if (message.kind !== "stopped") return;
    this.#pool.dispose();
    this.#finisher.dispose();
  }

  /** Stores what was learned; that this is impossible is told once. */
  async #saveState(bytes: Uint8Array): Promise<void> {
    try {
      await keep(STATE, bytes);
    } catch (reason) {
      if (this.#isStateLost) return;
      this.#isStateLost = true;
      const message = `what is learned of peers is not kept: ${String(reason)}`;
      this.#feed({ kind: "stateLost", message });
    }
  }

  /** One timer at a time: the session says when it next wants to be woken. */
  #setTimer(delayMs: number | null): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (delayMs !== null) this.#timer = setTimeout(() => this.#feed({ kind: "timeout" }), delayMs);
  }

  async #startPool(workers: number): Promise<void> {
    try {
      await this.#pool.start(workers);
    } catch (reason) {
      this.#feed({ kind: "poolFailed", message: String(reason) });
    }
  }

  async #fetchScene(output: Extract<Output, { kind: "fetchScene" }>): Promise<void> {
    const { request, source, environmentUrl } = output;
    const onProgress = (fraction: number): void =>
      this.#feed({ kind: "sceneProgress", request, fraction });
    try {
      const scene = source.kind === "url" ? await fetchScene(source.url, onProgress) : null;
      const [root = "", ...files] = scene?.names ?? [];
      const bytes = scene?.bytes ?? [];
      const hasEnvironment = environmentUrl !== null;
      if (hasEnvironment) bytes.push(await fetchLimited(environmentUrl, MAX_ENVIRONMENT_BYTES));
      this.#feed({ kind: "sceneFiles", request, root, files, hasEnvironment }, bytes);
    } catch (reason) {
      const message = reason instanceof Error ? reason.message : String(reason);
      this.#feed({ kind: "sceneFailed", request, code: "SCENE_FETCH_FAILED", message });
    }
  }

  async #fetchBlob({ scene, url, maxBytes }: Extract<Output, { kind: "fetchBlob" }>): Promise<void> {
    try {
      this.#feed({ kind: "blobFetched", scene }, [await fetchLimited(url, maxBytes)]);
    } catch (reason) {
      this.#feed({ kind: "blobFailed", scene, message: String(reason) });
    }
  }

  async #storeBlob(scene: string, url: string, bytes: Uint8Array): Promise<void> {
    try {
      const body = bytes as Uint8Array<ArrayBuffer>;
      const headers = { "content-type": "application/octet-stream" };
      const response = await fetch(url, { method: "PUT", headers, body });
      if (response.ok) return this.#feed({ kind: "blobStored", scene });
      const message = `the server answered ${response.status} to the scene`;
      const isFinal = response.status < 500 && !TRY_AGAIN_STATUSES.includes(response.status);
      this.#feed({ kind: "blobRefused", scene, message, isFinal });
    } catch (reason) {
      const message = `the scene does not reach the server (${String(reason)})`;
      this.#feed({ kind: "blobRefused", scene, message, isFinal: false });
    }
  }
}

/** What an earlier visit has left goes with the first message of who meets peers. */
async function withKeepsake(envelope: PageEnvelope): Promise<PageEnvelope> {
  if (!("message" in envelope)) return envelope;
  const { message } = envelope;
  const isPlayer = message.kind === "startPlayer" && message.network !== null;
  if (!isPlayer && message.kind !== "startContributor") return envelope;
  const kept = await recall(isPlayer ? STATE : SECRET);
  return { message, attachments: kept ? [kept.slice().buffer] : [] };
}

/** Refusals that a later try may not meet: an upload that took too long, and too many at once. */
const TRY_AGAIN_STATUSES: readonly number[] = [408, 429];
/** A Radiance environment of 8192 × 4096 texels fits. */
const MAX_ENVIRONMENT_BYTES = 1 << 28;

// Messages that come before the module is ready wait for it, in order.
const host = module.then(async (compiled) => {
  await init({ module_or_path: compiled });
  return new SessionHost();
});
host.catch((reason: unknown) => {
  const message = `the renderer could not be loaded: ${String(reason)}`;
  const error = { kind: "error", category: "config", code: "WASM_FAILED", message } as const;
  self.postMessage({ message: { ...error, isFatal: true }, attachments: [] });
});
let turn: Promise<unknown> = host.catch(() => undefined);
self.onmessage = ({ data }: MessageEvent<PageEnvelope>) => {
  const handle = async (): Promise<void> => {
    const session = await host;
    session.onPage(await withKeepsake(data));
  };
  turn = turn.then(handle).catch(() => undefined);
};
