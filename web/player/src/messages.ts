// What the page and the session worker say to each other.
// Mirrors web/wasm/src/messages.rs; messages.fixture.ts, written by a Rust test, is checked against it.

export type DeviceChoice = "auto" | "gpu" | "cpu" | "none";
export type ToneMapping = "neutral" | "agx" | "aces" | "none";

export interface NetworkSettings {
  signalUrl: string;
  blobsUrl: string;
  room: string | null;
  maxPeers: number;
}

export interface RenderSettings {
  width: number;
  height: number;
  samples: number;
  seed: number;
  bounces: number;
  exposure: number;
  toneMapping: ToneMapping;
  /** In metres; 0 makes everything sharp. */
  lensRadius: number;
  /** Distance of what is sharp, in metres. */
  focus: number;
}

export type Vec3 = [number, number, number];

export type CameraChoice =
  | { kind: "default" }
  | { kind: "named"; name: string }
  | { kind: "lookAt"; eye: Vec3; target: Vec3; tanHalfFovY: number };

export type SceneSource =
  | { kind: "url"; url: string }
  | { kind: "generated"; spec: string }
  | { kind: "bytes"; name: string };

export type ExportFormat = "rgba8" | "sums";

export interface IceServer {
  urls: string[];
  username?: string;
  credential?: string;
}

/** What the two ends of an introduction say to each other through the server. */
export type SignalPayload =
  | { description: { type: "offer" | "answer"; sdp: string } }
  | {
      candidate: {
        candidate: string;
        sdpMid?: string;
        sdpMLineIndex?: number;
        usernameFragment?: string;
      };
    }
  | "end_of_candidates";

export type RtcState = "connected" | "failed";

export type ToSession =
  | {
      kind: "startPlayer";
      settings: RenderSettings;
      device: DeviceChoice;
      threads: number;
      network: NetworkSettings | null;
      predictionLog: boolean;
    }
  | { kind: "startContributor"; device: DeviceChoice; threads: number; network: NetworkSettings }
  | { kind: "load"; source: SceneSource; environmentUrl: string | null }
  | { kind: "settings"; settings: RenderSettings }
  | { kind: "camera"; camera: CameraChoice }
  | { kind: "time"; seconds: number }
  | { kind: "condition"; isHidden: boolean; isOnBattery: boolean }
  | { kind: "rtcRoute"; peer: number; isRelayed: boolean }
  | { kind: "play" }
  | { kind: "pause" }
  | { kind: "finish" }
  | { kind: "stop" }
  | { kind: "export"; request: number; format: ExportFormat }
  | { kind: "rtcSignal"; peer: number; generation: number; payload: SignalPayload }
  | { kind: "rtcStateChange"; peer: number; state: RtcState };

export interface PeerInfo {
  id: number;
  kind: string;
  name: string;
}

/** How much is known of a worker: from 10, 50 and 100 tasks on more of what is its own. */
export type PeerStage = "heuristic" | "per_worker" | "per_kind" | "by_hour";

/** How it went with a worker's tasks, and what is expected of it by now. */
export interface WorkerRecord {
  /** Its number in `predictions`; 0 is this page. */
  number: number;
  stage: PeerStage;
  /** Tasks that it is known to have delivered, on earlier visits too. */
  tasks: number;
  /** Tasks of this session that came to nothing. */
  failures: number;
  /** Results that came before another worker's with the same task. */
  hedgesWon: number;
  /** Tasks that another worker's result made superfluous. */
  hedgesLost: number;
  /** A usual task: one in twenty takes less, median, one in twenty takes more. */
  expectedMs: [number, number, number];
  /** Probability that a usual task comes to nothing. */
  expectedFailure: number;
  /** Time that it had tasks, summed over its lanes. */
  busyMs: number;
  /** Tasks that it traces at the same time. */
  lanes: number;
}

/** One attempt at a task: what was known, expected and found. Names nobody; times are in seconds. */
export interface AttemptRecord {
  schema: number;
  /** Number of the worker; 0 is this page. */
  worker: number;
  /** When the task ended. */
  at: number;
  /** What a base model may be told, when the task was given. */
  features: number[];
  /** Estimated cost in mean paths. */
  cost: number;
  kind: "direct" | "short" | "long";
  /** One in twenty takes less, median, one in twenty takes more. */
  expected: [number, number, number];
  /** Expected probability that nothing comes. */
  failure: number;
  stage: PeerStage;
  /** From its start to its end. */
  seconds: number;
  /** How much of that was tracing, by the worker's word. */
  computed: number;
  end: "delivered" | "expired" | "lost";
}

export interface PeerShare extends PeerInfo, WorkerRecord {
  samples: number;
  samplesPerSecond: number;
  isConnected: boolean;
}

export interface PixelRect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface MergedTile {
  rect: PixelRect;
  samples: { first: number; count: number };
  peer: PeerInfo;
}

export interface SceneSummary {
  id: string;
  packageBytes: number;
  triangles: number;
  instances: number;
  materials: number;
  cameras: string[];
  warnings: string[];
  bounds: [Vec3, Vec3];
  /** Seconds after which the animation begins again; 0 where nothing moves. */
  durationSeconds: number;
}

export interface CameraPose {
  eye: Vec3;
  target: Vec3;
  tanHalfFovY: number;
}

export type LoadStage = "download" | "build" | "upload" | "render";
export type ErrorCategory = "config" | "scene" | "signaling" | "peer" | "gpu";

export interface ContributorStats {
  raysPerSecond: number;
  samplesPerSecond: number;
  samplesTotal: number;
  tasksDone: number;
  dutyPercent: number;
  bytesSent: number;
  bytesReceived: number;
  requesters: number;
  device: DeviceInfo;
  pausedReason?: string;
}

export interface DeviceInfo {
  /** `browser-gpu` or `browser-cpu`. */
  kind: string;
  name: string;
}

export type FromSession =
  | { kind: "running"; device: DeviceInfo }
  | { kind: "paused"; reason: string | null }
  | { kind: "stopped" }
  | { kind: "loaded"; summary: SceneSummary; camera: CameraPose }
  | { kind: "progress"; stage: LoadStage; fraction: number }
  | {
      kind: "sample";
      samplesPerPixel: number;
      samplesPerSecond: number;
      elapsedMs: number;
      isComplete: boolean;
    }
  | { kind: "tiles"; tiles: MergedTile[] }
  | { kind: "peers"; peers: PeerShare[] }
  | { kind: "predictions"; attempts: AttemptRecord[] }
  | { kind: "stats"; stats: ContributorStats }
  | { kind: "error"; category: ErrorCategory; code: string; message: string; isFatal: boolean }
  | {
      kind: "exported";
      request: number;
      width: number;
      height: number;
      samples: number;
      isComplete: boolean;
    }
  | {
      kind: "rtcConnect";
      peer: number;
      generation: number;
      weOffer: boolean;
      iceServers: IceServer[];
    }
  | { kind: "rtcRemoteSignal"; peer: number; generation: number; payload: SignalPayload }
  | { kind: "rtcClose"; peer: number };

/** A data channel of a peer: the channel itself, or a port that relays it. */
export interface ChannelAttachment {
  peer: number;
  channel: number;
  endpoint: RTCDataChannel | MessagePort;
}

/** The envelope from the page to the session worker. */
export type PageEnvelope =
  | { message: ToSession; attachments: ArrayBuffer[] }
  | { canvas: OffscreenCanvas }
  | { channel: ChannelAttachment };

/** The envelope from the session worker to the page. */
export interface SessionEnvelope {
  message: FromSession;
  attachments: ArrayBuffer[];
}
