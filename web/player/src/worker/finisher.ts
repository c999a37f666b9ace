// The session worker's end of the finisher, which denoises on the CPU and looks at views: started when it is
// first needed, ended when it has had nothing to do for a while, since its memory never shrinks.

import { startModuleWorker } from "../start-worker.js";
import type { Feed, Output } from "./environment.js";
import type { FromFinish, ToFinish } from "./finish-messages.js";

/** A finisher without work lives this long: its picture may soon have twice the samples. */
const IDLE_LIFE_MS = 10_000;

type PictureRequest = Extract<Output, { kind: "denoise" }>;
type LookRequest = Extract<Output, { kind: "look" }>;

export class Finisher {
  readonly #feed: Feed;
  readonly #module: Promise<WebAssembly.Module>;
  readonly #packages = new Map<string, Uint8Array>();
  #worker: Worker | null = null;
  /** The scene that the worker holds. */
  #held: string | null = null;
  /** The picture on its way. */
  #running: number | null = null;
  /** The look on its way. */
  #looking: number | null = null;
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
  async denoise({ ticket, scene, looks }: PictureRequest, [task, radiance]: Uint8Array[]): Promise<void> {
    clearTimeout(this.#timer);
    this.#running = ticket;
    const module = await this.#module;
    if (this.#running !== ticket) return;
    if (!task || !radiance || !this.#hold(scene, module)) {
      return this.#fail(ticket, "the scene is gone");
    }
    const message: ToFinish = { kind: "denoise", ticket, looks, task, radiance };
    this.#post(message, [task.buffer as ArrayBuffer, radiance.buffer as ArrayBuffer]);
  }

  cancel(ticket: number): void {
    if (this.#running !== ticket) return;
    this.#post({ kind: "cancel", ticket });
    this.#running = null;
    this.#rest();
  }

  /** Looks at a view. The session asks for one look at a time and hears of each, so that none piles up here. */
  async look({ question, scene }: LookRequest, task: Uint8Array): Promise<void> {
    clearTimeout(this.#timer);
    this.#looking = question;
    const module = await this.#module;
    if (this.#looking !== question) return;
    if (!this.#hold(scene, module)) return this.#looked(question);
    this.#post({ kind: "look", question, task }, [task.buffer as ArrayBuffer]);
  }

  /** Ends the worker at once. */
  dispose(): void {
    clearTimeout(this.#timer);
    this.#running = null;
    this.#looking = null;
    this.#end();
  }

  /** Has the worker hold a scene; false if its package is gone. */
  #hold(scene: string, module: WebAssembly.Module): boolean {
    const bytes = this.#packages.get(scene);
    if (!bytes) return false;
    this.#worker ??= this.#open(module);
    if (this.#held !== scene) this.#post({ kind: "scene", bytes });
    this.#held = scene;
    return true;
  }

  #open(module: WebAssembly.Module): Worker {
    const worker = startModuleWorker(new URL(FINISH_WORKER_FILE, import.meta.url), "p2c2r-finish");
    worker.onmessage = ({ data }: MessageEvent<FromFinish>) => this.#onMessage(data);
    worker.onerror = (event) => {
      event.preventDefault();
      this.#lose(event.message || "the finisher could not be started");
    };
    worker.postMessage({ kind: "init", module } satisfies ToFinish);
    return worker;
  }

  #onMessage(data: FromFinish): void {
    switch (data.kind) {
      case "denoised":
        if (data.ticket !== this.#running) break;
        this.#running = null;
        this.#rest();
        this.#feed({ kind: "denoised", ticket: data.ticket }, [data.radiance]);
        break;
      case "failed":
        if (data.isBroken) this.#lose(data.message);
        else if (data.ticket === this.#running) this.#fail(data.ticket, data.message);
        break;
      case "looked":
        this.#looked(data.question, data.seen);
        break;
      case "lookFailed":
        console.warn("the view is not looked at:", data.message);
        if (data.isBroken) this.#lose(data.message);
        else this.#looked(data.question);
        break;
    }
  }

  /** The worker is gone, and what it was asked for comes to nothing. */
  #lose(message: string): void {
    this.#end();
    if (this.#running !== null) this.#fail(this.#running, message);
    if (this.#looking !== null) this.#looked(this.#looking);
  }

  #fail(ticket: number, message: string): void {
    this.#running = null;
    this.#rest();
    this.#feed({ kind: "denoiseFailed", ticket, message });
  }

  #looked(question: number, seen?: Uint8Array): void {
    if (question !== this.#looking) return;
    this.#looking = null;
    this.#rest();
    this.#feed({ kind: "looked", question }, seen ? [seen] : []);
  }

  /** Ends the worker after a while in which nothing is asked of it. */
  #rest(): void {
    clearTimeout(this.#timer);
    if (this.#running !== null || this.#looking !== null) return;
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
