// Events of the player, with the type of each detail.

import type { StateChange, SessionErrorDetail } from "./contributor.js";
import type { LoadStage, MergedTile, PeerShare, SceneSummary } from "./messages.js";

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

/** What is shown from now on. */
export interface DenoiseDetail {
  isDenoised: boolean;
  /** Of every pixel of the picture. */
  samplesPerPixel: number;
  /** What denoising took; 0 for the plain film. */
  tookMs: number;
  /** Where it was done. */
  isOnGpu: boolean;
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
  denoise: CustomEvent<DenoiseDetail>;
  complete: CustomEvent<SampleDetail>;
  peerschange: CustomEvent<PeersDetail>;
  statechange: CustomEvent<StateChange<PlayerState>>;
  "camera-change": CustomEvent<{ source: "user-interaction" | "api" }>;
  error: CustomEvent<SessionErrorDetail>;
}
