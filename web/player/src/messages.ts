// What the page and the session worker say to each other.
// Mirrors web/wasm/src/messages.rs; messages.fixture.ts, written by a Rust test, is checked against it.

export type DeviceChoice = "auto" | "gpu" | "cpu" | "none";
export type ToneMapping = "neutral" | "agx" | "aces" | "none";

/** `auto`: while pixels have few samples. */
export type Denoising = "auto" | "on" | "off";

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
  denoise: Denoising;
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

/** The picture as shown, the film in the same form, the film's exact sums. */
export type ExportFormat = "shown" | "rgba8" | "sums";

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
    }
  | { kind: "startContributor"; device: DeviceChoice; threads: number; network: NetworkSettings }
  | { kind: "load"; source: SceneSource; environmentUrl: string | null }
  | { kind: "settings"; settings: RenderSettings }
  | { kind: "camera"; camera: CameraChoice }
  | { kind: "time"; seconds: number }
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

export interface PeerShare extends PeerInfo {
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
  | { kind: "stats"; stats: ContributorStats }
  | { kind: "error"; category: ErrorCategory; code: string; message: string; isFatal: boolean }
  | {
      kind: "exported";
      request: number;
      width: number;
      height: number;
      samples: number;
      isComplete: boolean;
      isDenoised: boolean;
    }
  | { kind: "shown"; isDenoised: boolean; samples: number; tookMs: number; isOnGpu: boolean }
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
