// A contributor: lends this machine's spare time to requesters, after the visitor's yes.

import { watchCondition } from "./machine-condition.js";
import type { ContributorStats, DeviceChoice, FromSession } from "./messages.js";
import { networkSettings } from "./network-settings.js";
import { SessionHost } from "./session-host.js";

export type { ContributorStats, DeviceInfo } from "./messages.js";

export type ContributorState =
  | "idle"
  | "starting"
  | "running"
  | "paused"
  | "finishing"
  | "stopped"
  | "failed";

export interface ContributorOptions {
  /** Address of the server: `https://host/` or `wss://host/v1/signal`. */
  signal: string;
  /** A room id; absent means the public pool. */
  room?: string;
  device?: Exclude<DeviceChoice, "none">;
  /** CPU workers; absent means as many as the machine suggests. */
  threads?: number;
}

export interface StateChange<State> {
  from: State;
  to: State;
  reason: string | null;
}

export interface SessionErrorDetail {
  category: string;
  code: string;
  message: string;
  severity: "recoverable" | "fatal";
}

/** The goodbyes get this long to leave; then everything ends anyway. */
const STOP_GRACE_MS = 120;

const NO_STATS: ContributorStats = {
  raysPerSecond: 0,
  samplesPerSecond: 0,
  samplesTotal: 0,
  tasksDone: 0,
  dutyPercent: 0,
  bytesSent: 0,
  bytesReceived: 0,
  requesters: 0,
  device: { kind: "browser-cpu", name: "" },
};

/** Events: `statechange`, `stats`, `error`. Before `start()` nothing runs and nothing is connected. */
export class Contributor extends EventTarget {
  readonly #options: ContributorOptions;
  #host: SessionHost | null = null;
  #endWatch: (() => void) | null = null;
  #state: ContributorState = "idle";
  #stats: ContributorStats = NO_STATS;
  #started: { resolve(): void; reject(reason: Error): void } | null = null;
  #stopTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ContributorOptions) {
    super();
    this.#options = { ...options };
  }

  get state(): ContributorState {
    return this.#state;
  }

  get stats(): ContributorStats {
    return this.#stats;
  }

  /** Resolves when the server knows us. May be called again after a stop. */
  async start(): Promise<void> {
    if (this.#host) throw new Error("the contributor is already started");
    const { signal, room, device = "auto", threads = 0 } = this.#options;
    const network = networkSettings(signal, room, MAX_REQUESTERS);
    this.#stats = NO_STATS;
    this.#change("starting", null);
    const host = new SessionHost({
      onMessage: (message) => this.#onMessage(message),
      onFailure: (message) => this.#fail("WORKER_FAILED", message),
    });
    this.#host = host;
    const started = new Promise<void>((resolve, reject) => {
      this.#started = { resolve, reject };
    });
    host.post({ kind: "startContributor", device, threads, network });
    this.#endWatch = watchCondition((condition) => host.post({ kind: "condition", ...condition }));
    await started;
  }

  /** Takes no new task and stops when the accepted ones are delivered. */
  finish(): void {
    if (!this.#host || this.#state === "finishing") return;
    this.#change("finishing", null);
    this.#host.post({ kind: "finish" });
  }

  /** Ends all work at once; the goodbyes leave while the workers end. */
  stop(): void {
    if (!this.#host || this.#stopTimer !== undefined) return;
    this.#host.post({ kind: "stop" });
    this.#stopTimer = setTimeout(() => this.#end("stopped", null), STOP_GRACE_MS);
  }

  /** Ends everything without a goodbye. */
  dispose(): void {
    if (this.#host) this.#end("stopped", "disposed");
  }

  #onMessage(message: FromSession): void {
    switch (message.kind) {
      case "running":
        this.#started?.resolve();
        this.#started = null;
        this.#change("running", null);
        break;
      case "paused":
        if (this.#state === "running" || this.#state === "paused") {
          this.#change(message.reason === null ? "running" : "paused", message.reason);
        }
        break;
      case "stopped":
        this.#end("stopped", null);
        break;
      case "stats":
        this.#stats = message.stats;
        this.dispatchEvent(new CustomEvent("stats", { detail: message.stats }));
        break;
      case "error":
        this.#onError(message);
        break;
      default:
        break;
    }
  }

  #onError(error: Extract<FromSession, { kind: "error" }>): void {
    if (error.isFatal) return this.#fail(error.code, error.message, error.category);
    this.#report(error.category, error.code, error.message, "recoverable");
  }

  #fail(code: string, message: string, category = "config"): void {
    this.#started?.reject(new Error(message));
    this.#started = null;
    this.#report(category, code, message, "fatal");
    this.#end("failed", message);
  }

  #report(
    category: string,
    code: string,
    message: string,
    severity: SessionErrorDetail["severity"],
  ): void {
    const detail: SessionErrorDetail = { category, code, message, severity };
    this.dispatchEvent(new CustomEvent("error", { detail }));
  }

  #end(state: "stopped" | "failed", reason: string | null): void {
    clearTimeout(this.#stopTimer);
    this.#stopTimer = undefined;
    this.#endWatch?.();
    this.#endWatch = null;
    this.#host?.dispose();
    this.#host = null;
    this.#started?.reject(new Error(reason ?? "the contributor was stopped"));
    this.#started = null;
    this.#change(state, reason);
  }

  #change(to: ContributorState, reason: string | null): void {
    const from = this.#state;
    if (from === to && reason === null) return;
    this.#state = to;
    const detail: StateChange<ContributorState> = { from, to, reason };
    this.dispatchEvent(new CustomEvent("statechange", { detail }));
  }
}

/** Requesters that one contributor serves at once. */
const MAX_REQUESTERS = 8;
