// Entry of the finisher: one WASM instance that denoises one picture at a time and reads its messages between
// slices; a look takes hardly longer than a slice and is done where its message is read.

import { FinishWorker, initSync } from "../../../wasm/pkg/p2c2r_web.js";
import type { FromFinish, ToFinish } from "./finish-messages.js";
import { SlicePacer } from "./slice-pacer.js";

/** In taps of the filter, of which a slow machine does a million in a slice. */
const pacer = new SlicePacer(1 << 16, 1 << 10, 1 << 26);

let finisher: FinishWorker | null = null;
let ticket: number | null = null;

// A message to itself queues behind the messages of the session, and no throttling delays it.
const turn = new MessageChannel();
turn.port1.onmessage = () => slice();

function post(message: FromFinish, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

function slice(): void {
  if (ticket === null || !finisher) return;
  try {
    const begin = performance.now();
    const isDone = finisher.step(pacer.work);
    pacer.observe(performance.now() - begin);
    if (!isDone) return turn.port2.postMessage(null);
    const radiance = finisher.finish();
    const done = ticket;
    ticket = null;
    post({ kind: "denoised", ticket: done, radiance }, [radiance.buffer as ArrayBuffer]);
  } catch (reason) {
    fail(reason);
  }
}

function fail(reason: unknown): void {
  if (ticket === null) return;
  post({ kind: "failed", ticket, message: String(reason), isBroken: isBroken(reason) });
  ticket = null;
}

function isBroken(reason: unknown): boolean {
  return reason instanceof WebAssembly.RuntimeError;
}

function look({ question, task }: Extract<ToFinish, { kind: "look" }>): void {
  try {
    if (!finisher) throw new Error("the finisher has no module");
    const seen = finisher.look(task);
    post({ kind: "looked", question, seen }, [seen.buffer as ArrayBuffer]);
  } catch (reason) {
    post({ kind: "lookFailed", question, message: String(reason), isBroken: isBroken(reason) });
  }
}

function begin(message: Extract<ToFinish, { kind: "denoise" }>): void {
  const isWaiting = ticket !== null;
  ticket = message.ticket;
  try {
    if (!finisher) throw new Error("the finisher has no module");
    finisher.begin(message.task, message.looks, message.radiance);
    // A turn that is on its way goes on with the new picture.
    if (!isWaiting) turn.port2.postMessage(null);
  } catch (reason) {
    fail(reason);
  }
}

self.onmessage = ({ data }: MessageEvent<ToFinish>) => {
  switch (data.kind) {
    case "init":
      initSync({ module: data.module });
      finisher = new FinishWorker();
      break;
    case "scene":
      try {
        finisher?.setScene(data.bytes);
      } catch {
        // What needs the scene fails with the reason.
      }
      break;
    case "look":
      look(data);
      break;
    case "denoise":
      begin(data);
      break;
    case "cancel":
      if (ticket !== data.ticket) break;
      ticket = null;
      finisher?.cancel();
      break;
  }
};
