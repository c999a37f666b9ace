// The JS API without side effects.

export { Contributor } from "./contributor.js";
export type {
  ContributorOptions,
  ContributorState,
  ContributorStats,
  DeviceInfo,
  SessionErrorDetail,
  StateChange,
} from "./contributor.js";
export { SUMS_MIME_TYPE } from "./film-export.js";
export type { BlobOptions, FilmSums, Picture } from "./film-export.js";
export type {
  CameraPose,
  Denoising,
  DeviceChoice,
  LoadStage,
  MergedTile,
  PeerInfo,
  PeerShare,
  PixelRect,
  SceneSummary,
  ToneMapping,
} from "./messages.js";
export { P2c2rPlayer } from "./player-element.js";
export type { PlayerStats } from "./player-element.js";
export type {
  DenoiseDetail,
  PeersDetail,
  PlayerEventMap,
  PlayerState,
  ProgressDetail,
  SampleDetail,
} from "./player-events.js";
