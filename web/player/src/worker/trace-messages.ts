// What the session worker and its trace workers say to each other.

export type ToTrace =
  | { kind: "init"; module: WebAssembly.Module }
  | { kind: "scene"; scene: string; bytes: Uint8Array }
  | { kind: "forget"; scene: string }
  | { kind: "trace"; ticket: number; task: Uint8Array }
  | { kind: "cancel"; ticket: number };

export type FromTrace =
  | { kind: "ready" }
  | { kind: "traced"; ticket: number; bytes: Uint8Array; busyMs: number }
  | { kind: "cancelled"; ticket: number }
  /** Broken: the instance has panicked and must not be used again. */
  | { kind: "failed"; ticket: number; message: string; isBroken: boolean };
