// The session worker's end of the finisher, which denoises on the CPU: started when it is first needed,
// ended when it has had nothing to do for a while, since its memory never shrinks.

import { startModuleWorker } from "../start-worker.js";
import type { Feed, Output } from "./environment.js";
import type { FromFinish, ToFinish } from "./finish-messages.js";

/** A finisher without work lives this long: its picture may soon have twice the samples. */
const IDLE_LIFE_MS = 10_000;

type Request = Extract<Output, { kind: "denoise" }>;

export class Finisher {
  readonly #feed: Feed;
  readonly #module: Promise<WebAssembly.Module>;
  readonly #packages = new Map<string, Uint8Array>();
  #worker: Worker | null = null;
  /** The scene that the worker holds. */
  #held: string | null = null;
  #running: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(module: Promise<WebAssembly.Module>, feed: Feed) {
    this.#module = module;
    this.#feed = feed;
  }

  /** Keeps a package for pictures of it. */
  addScene(scene: string, bytes: Uint8Array): void {
    this.#packages.set(scene, bytes);
  }

  forgetScene(scene: string): void {
    this.#packages.delete(scene);
  }

  /** Begins a picture; one that is on its way is dropped. */
  async denoise({ ticket, scene, looks }: Request, [task, radiance]: Uint8Array[]): Promise<void> {
    clearTimeout(this.#timer);
    this.#running = ticket;
    const module = await this.#module;
    if (this.#running !== ticket) return;
    const bytes = this.#packages.get(scene);
    if (!bytes || !task || !radiance) return this.#fail(ticket, "the scene is gone");
    this.#worker ??= this.#open(module);
    if (this.#held !== scene) this.#post({ kind: "scene", bytes });
    this.#held = scene;
    const message: ToFinish = { kind: "denoise", ticket, looks, task, radiance };
    this.#post(message, [task.buffer as ArrayBuffer, radiance.buffer as ArrayBuffer]);
  }

  cancel(ticket: number): void {
    if (this.#running !== ticket) return;
    this.#post({ kind: "cancel", ticket });
    this.#rest();
  }

  /** Ends the worker at once. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#running = null;
    this.#end();
  }

  #open(module: WebAssembly.Module): Worker {
    const worker = startModuleWorker(new URL(FINISH_WORKER_FILE, import.meta.url), "p2c2r-finish");
    worker.onmessage = ({ data }: MessageEvent<FromFinish>) => this.#onMessage(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#end();
      const message = event.message || "the finisher could not be started";
      if (this.#running !== null) this.#fail(this.#running, message);
    };
    worker.postMessage({ kind: "init", module } satisfies ToFinish);
    return worker;
  }

  #onMessage(data: FromFinish): void {
    if (data.kind === "failed" && data.isBroken) this.#end();
    if (data.ticket !== this.#running) return;
    if (data.kind === "failed") return this.#fail(data.ticket, data.message);
    this.#rest();
    this.#feed({ kind: "denoised", ticket: data.ticket }, [data.radiance]);
  }

  #fail(ticket: number, message: string): void {
    this.#rest();
    this.#feed({ kind: "denoiseFailed", ticket, message });
  }

  #rest(): void {
    this.#running = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#end(), IDLE_LIFE_MS);
  }

  #end(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#held = null;
  }

  #post(message: ToFinish, transfer: Transferable[] = []): void {
    this.#worker?.postMessage(message, transfer);
  }
}
