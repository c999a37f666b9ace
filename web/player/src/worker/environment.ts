// What the session (Rust) asks of its worker, and what the worker answers.
// Mirrors web/wasm/src/environment.rs; ../messages.fixture.ts is checked against it.

import type { FromSession, SceneSource, ToSession } from "../messages.js";

export type Input =
  | { kind: "page"; message: ToSession }
  /** Attachments: the files in order, then the environment if there is one. */
  | { kind: "sceneFiles"; request: number; root: string; files: string[]; hasEnvironment: boolean }
  | { kind: "sceneProgress"; request: number; fraction: number }
  | { kind: "sceneFailed"; request: number; code: string; message: string }
  | { kind: "socketOpened" }
  | { kind: "socketText"; text: string }
  | { kind: "socketClosed"; reason: string }
  | { kind: "timeout" }
  | { kind: "blobFetched"; scene: string }
  | { kind: "blobFailed"; scene: string; message: string }
  | { kind: "blobStored"; scene: string }
  | { kind: "blobRefused"; scene: string; message: string; isFinal: boolean }
  | { kind: "poolReady"; workers: number }
  | { kind: "poolFailed"; message: string }
  | { kind: "predicted"; question: number }
  /** Attachment: what was seen; none where it has come to nothing. */
  | { kind: "looked"; question: number }
  | { kind: "costsPredicted"; question: number }
  | { kind: "modelLost"; message: string }
  | { kind: "stateLost"; message: string }
  | { kind: "traced"; slot: number; ticket: number; busyMs: number }
  | { kind: "traceCancelled"; slot: number; ticket: number }
  | { kind: "traceFailed"; slot: number; ticket: number; message: string }
  /** Attachment: radiance, three f32 a pixel. */
  | { kind: "denoised"; ticket: number }
  | { kind: "denoiseFailed"; ticket: number; message: string };

export type Output =
  | { kind: "page"; message: FromSession }
  | { kind: "fetchScene"; request: number; source: SceneSource; environmentUrl: string | null }
  | { kind: "socketOpen"; url: string; subprotocol: string }
  | { kind: "socketSend"; text: string }
  | { kind: "socketClose"; code: number }
  /** Replaces the timer before it; null only cancels that. */
  | { kind: "timer"; delayMs: number | null }
  | { kind: "fetchBlob"; scene: string; url: string; maxBytes: number }
  | { kind: "storeBlob"; scene: string; url: string }
  | { kind: "startPool"; workers: number }
  | { kind: "poolScene"; scene: string }
  | { kind: "poolForget"; scene: string }
  | { kind: "trace"; slot: number; ticket: number; scene: string }
  | { kind: "cancelTrace"; slot: number; ticket: number }
  | { kind: "predict"; question: number }
  /** Attachment: the task to look at. */
  | { kind: "look"; question: number; scene: string }
  | { kind: "predictCosts"; question: number }
  | { kind: "saveState" }
  /** Attachments: the film's task and its means. */
  | { kind: "denoise"; ticket: number; scene: string; looks: number }
  | { kind: "cancelDenoise"; ticket: number }
  | { kind: "paint"; width: number; height: number };

/** Passes an input to the session. */
export type Feed = (input: Input, attachments?: Uint8Array[]) => void;
