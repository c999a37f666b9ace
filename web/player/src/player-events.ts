// Events of the player, with the type of each detail.

import type { StateChange, SessionErrorDetail } from "./contributor.js";
import type { AttemptRecord, LoadStage, MergedTile, PeerShare, SceneSummary } from "./messages.js";

export type PlayerState = "idle" | "loading" | "rendering" | "complete" | "paused" | "error";

export interface ProgressDetail {
  stage: LoadStage;
  /** 0 to 1 within the stage. */
  totalProgress: number;
}

export interface SampleDetail {
  samplesPerPixel: number;
  samplesPerSecond: number;
  elapsedMs: number;
  peers: number;
}

export interface PeersDetail {
  peers: PeerShare[];
  connected: number;
}

export interface PlayerEventMap {
  load: CustomEvent<SceneSummary>;
  progress: CustomEvent<ProgressDetail>;
  tiles: CustomEvent<MergedTile[]>;
  sample: CustomEvent<SampleDetail>;
  complete: CustomEvent<SampleDetail>;
  peerschange: CustomEvent<PeersDetail>;
  /** Attempts at tasks since the last such event; only with the attribute `prediction-log`. */
  predictions: CustomEvent<AttemptRecord[]>;
  statechange: CustomEvent<StateChange<PlayerState>>;
  "camera-change": CustomEvent<{ source: "user-interaction" | "api" }>;
  error: CustomEvent<SessionErrorDetail>;
}
