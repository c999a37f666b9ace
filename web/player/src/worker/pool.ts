// The trace workers of a session: each has its own WASM instance and traces whole tiles.

import { startModuleWorker } from "../start-worker.js";
import type { Feed } from "./environment.js";
import type { FromTrace, ToTrace } from "./trace-messages.js";

interface Slot {
  worker: Worker;
  /** Scenes that this instance holds. */
  scenes: Set<string>;
}

/** Instances that panicked and were replaced in the life of a session. */
const MAX_REPLACEMENTS = 16;

export class TracePool {
  readonly #feed: Feed;
  readonly #module: Promise<WebAssembly.Module>;
  readonly #packages = new Map<string, Uint8Array>();
  #slots: Slot[] = [];
  /** Workers that have not answered yet. */
  #waiting = 0;
  #replacements = 0;

  constructor(module: Promise<WebAssembly.Module>, feed: Feed) {
    this.#module = module;
    this.#feed = feed;
  }

  /** Starts the workers; `poolReady` follows when all of them answer. */
  async start(workers: number): Promise<void> {
    const module = await this.#module;
    this.#waiting = workers;
    this.#slots = Array.from({ length: workers }, (_, slot) => this.#open(slot, module));
  }

  #open(slot: number, module: WebAssembly.Module): Slot {
    const worker = startModuleWorker(new URL(TRACE_WORKER_FILE, import.meta.url), "p2c2r-trace");
    worker.onmessage = ({ data }: MessageEvent<FromTrace>) => this.#onMessage(slot, data);
    worker.onerror = (event) => {
      event.preventDefault();
      const message = event.message || "a trace worker could not be started";
      this.#feed({ kind: "poolFailed", message });
    };
    const init: ToTrace = { kind: "init", module };
    worker.postMessage(init);
    return { worker, scenes: new Set() };
  }

  /** Keeps a package for the workers that will need it. */
  addScene(scene: string, bytes: Uint8Array): void {
    this.#packages.set(scene, bytes);
  }

  forgetScene(scene: string): void {
    this.#packages.delete(scene);
    this.#slots.forEach((slot, index) => {
      if (slot.scenes.delete(scene)) this.#post(index, { kind: "forget", scene });
    });
  }

  trace(slot: number, ticket: number, scene: string, task: Uint8Array): void {
    const target = this.#slots[slot];
    const bytes = this.#packages.get(scene);
    if (!target || !bytes) {
      const message = target ? "the scene is gone" : `there is no trace worker ${slot}`;
      return this.#feed({ kind: "traceFailed", slot, ticket, message });
    }
    if (!target.scenes.has(scene)) {
      target.scenes.add(scene);
      this.#post(slot, { kind: "scene", scene, bytes });
    }
    this.#post(slot, { kind: "trace", ticket, task });
  }

  cancel(slot: number, ticket: number): void {
    this.#post(slot, { kind: "cancel", ticket });
  }

  /** Ends all workers at once. */
  dispose(): void {
    for (const { worker } of this.#slots) worker.terminate();
    this.#slots = [];
    this.#packages.clear();
  }

  #post(slot: number, message: ToTrace): void {
    this.#slots[slot]?.worker.postMessage(message);
  }

  #onMessage(slot: number, data: FromTrace): void {
    switch (data.kind) {
      case "ready":
        this.#waiting -= 1;
        if (this.#waiting === 0) this.#feed({ kind: "poolReady", workers: this.#slots.length });
        break;
      case "traced":
        this.#feed({ kind: "traced", slot, ticket: data.ticket, busyMs: data.busyMs }, [data.bytes]);
        break;
      case "cancelled":
        this.#feed({ kind: "traceCancelled", slot, ticket: data.ticket });
        break;
      case "failed":
        void this.#onFailed(slot, data);
        break;
    }
  }

  /** An instance that has panicked is replaced before its slot is free again. */
  async #onFailed(
    slot: number,
    { ticket, message, isBroken }: Extract<FromTrace, { kind: "failed" }>,
  ): Promise<void> {
    if (isBroken) {
      this.#replacements += 1;
      if (this.#replacements > MAX_REPLACEMENTS) return this.#feed({ kind: "poolFailed", message });
      const module = await this.#module;
      const broken = this.#slots[slot];
      // The pool may have been disposed of meanwhile.
      if (!broken) return;
      broken.worker.terminate();
      this.#slots[slot] = this.#open(slot, module);
    }
    this.#feed({ kind: "traceFailed", slot, ticket, message });
  }
}
