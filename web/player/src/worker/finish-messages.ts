// What the session worker and its finisher say to each other.

export type ToFinish =
  | { kind: "init"; module: WebAssembly.Module }
  | { kind: "scene"; bytes: Uint8Array }
  | { kind: "look"; question: number; task: Uint8Array }
  | { kind: "denoise"; ticket: number; looks: number; task: Uint8Array; radiance: Uint8Array }
  | { kind: "cancel"; ticket: number };

export type FromFinish =
  | { kind: "looked"; question: number; seen: Uint8Array }
  /** Broken: the instance has panicked and must not be used again. */
  | { kind: "lookFailed"; question: number; message: string; isBroken: boolean }
  | { kind: "denoised"; ticket: number; radiance: Uint8Array }
  /** Broken: the same. */
  | { kind: "failed"; ticket: number; message: string; isBroken: boolean };
