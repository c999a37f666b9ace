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
export type { BlobOptions, FilmSums } from "./film-export.js";
export type {
  AttemptRecord,
  CameraPose,
  DeviceChoice,
  LoadStage,
  MergedTile,
  PeerInfo,
  PeerShare,
  PeerStage,
  PixelRect,
  SceneSummary,
  ToneMapping,
  WorkerRecord,
} from "./messages.js";
export { P2c2rPlayer } from "./player-element.js";
export type { PlayerStats } from "./player-element.js";
export type {
  PeersDetail,
  PlayerEventMap,
  PlayerState,
  ProgressDetail,
  SampleDetail,
} from "./player-events.js";
