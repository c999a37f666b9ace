// The trace workers of a session: each has its own WASM instance and traces whole tiles.

import { startModuleWorker } from "../start-worker.js";
import type { Feed } from "./environment.js";
import type { FromTrace, ToTrace } from "./trace-messages.js";

interface Slot {
  worker: Worker;
  /** Scenes that this instance holds. */
  scenes: Set<string>;
}

export class TracePool {
  readonly #feed: Feed;
  readonly #module: Promise<WebAssembly.Module>;
  readonly #packages = new Map<string, Uint8Array>();
  #slots: Slot[] = [];

  constructor(module: Promise<WebAssembly.Module>, feed: Feed) {
    this.#module = module;
    this.#feed = feed;
  }

  /** Starts the workers; `poolReady` follows when all of them answer. */
  async start(workers: number): Promise<void> {
    const module = await this.#module;
    let waiting = workers;
    for (let slot = 0; slot < workers; slot++) {
      const worker = startModuleWorker(new URL(TRACE_WORKER_FILE, import.meta.url), "p2c2r-trace");
      this.#slots.push({ worker, scenes: new Set() });
      worker.onmessage = ({ data }: MessageEvent<FromTrace>) => {
        if (data.kind === "ready") {
          waiting -= 1;
          if (waiting === 0) this.#feed({ kind: "poolReady", workers });
        } else this.#onMessage(slot, data);
      };
      worker.onerror = (event) => {
        event.preventDefault();
        const message = event.message || "a trace worker could not be started";
        this.#feed({ kind: "poolFailed", message });
      };
      this.#post(slot, { kind: "init", module });
    }
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

  #onMessage(slot: number, data: Exclude<FromTrace, { kind: "ready" }>): void {
    const { ticket } = data;
    switch (data.kind) {
      case "traced":
        this.#feed({ kind: "traced", slot, ticket, busyMs: data.busyMs }, [data.bytes]);
        break;
      case "cancelled":
        this.#feed({ kind: "traceCancelled", slot, ticket });
        break;
      case "failed":
        this.#feed({ kind: "traceFailed", slot, ticket, message: data.message });
        break;
    }
  }
}
