// Entry of a trace worker: one WASM instance that traces one tile at a time and looks at its messages
// between slices, so that a cancel is seen within a slice.

import { initSync, TraceWorker } from "../../../wasm/pkg/p2c2r_web.js";
import { SlicePacer } from "./slice-pacer.js";
import type { FromTrace, ToTrace } from "./trace-messages.js";

/** In paths. */
const pacer = new SlicePacer(64, 16, 1 << 20);

interface Job {
  ticket: number;
  busyMs: number;
}

let tracer: TraceWorker | null = null;
let job: Job | null = null;

// A message to itself queues behind the messages of the session, and no throttling delays it.
const turn = new MessageChannel();
turn.port1.onmessage = () => slice();

function post(message: FromTrace, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function slice(): void {
  if (!job || !tracer) return;
  const { ticket } = job;
  try {
    const begin = performance.now();
    const isDone = tracer.step(pacer.work);
    const tookMs = performance.now() - begin;
    job.busyMs += tookMs;
    pacer.observe(tookMs);
    if (!isDone) return turn.port2.postMessage(null);
    const bytes = tracer.finish();
    const { busyMs } = job;
    job = null;
    post({ kind: "traced", ticket, bytes, busyMs }, [bytes.buffer as ArrayBuffer]);
  } catch (reason) {
    fail(ticket, reason);
  }
}

function fail(ticket: number, reason: unknown): void {
  job = null;
  const isBroken = reason instanceof WebAssembly.RuntimeError;
  post({ kind: "failed", ticket, message: String(reason), isBroken });
}

function begin(ticket: number, task: Uint8Array): void {
  try {
    if (!tracer) throw new Error("the trace worker has no module");
    tracer.begin(task);
    job = { ticket, busyMs: 0 };
    turn.port2.postMessage(null);
  } catch (reason) {
    fail(ticket, reason);
  }
}

self.onmessage = ({ data }: MessageEvent<ToTrace>) => {
  switch (data.kind) {
    case "init":
      initSync({ module: data.module });
      tracer = new TraceWorker();
      post({ kind: "ready" });
      break;
    case "scene":
      try {
        tracer?.addScene(data.bytes);
      } catch {
        // The task that needs the scene fails with the reason.
      }
      break;
    case "forget":
      tracer?.forgetScene(data.scene);
      break;
    case "trace":
      begin(data.ticket, data.task);
      break;
    case "cancel":
      if (job?.ticket !== data.ticket) break;
      job = null;
      tracer?.cancel();
      post({ kind: "cancelled", ticket: data.ticket });
      break;
  }
};
