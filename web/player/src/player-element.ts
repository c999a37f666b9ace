// `<p2c2r-player>`: a picture that keeps improving, alone or with peers. It never contributes.

import { AnimationClock } from "./animation-clock.js";
import {
  cameraChoice,
  deviceChoice,
  maxPeers,
  OBSERVED_ATTRIBUTES,
  renderSettings,
  sceneSource,
  SESSION_ATTRIBUTES,
  threadCount,
  timeAttribute,
} from "./attributes.js";
import { attributePose, CAMERA_ATTRIBUTES } from "./camera-attributes.js";
import { CameraControls } from "./camera-controls.js";
import type { SessionErrorDetail } from "./contributor.js";
import type { BlobOptions, FilmSums } from "./film-export.js";
import type { CameraPose, FromSession, PeerShare, SceneSource, SceneSummary } from "./messages.js";
import { networkSettings } from "./network-settings.js";
import type { PlayerState, SampleDetail } from "./player-events.js";
import { PlayerSession } from "./player-session.js";
import { PlayerView } from "./player-view.js";

/** A server imports this file too, where there is no such class. */
const ElementBase = (globalThis.HTMLElement ?? class {}) as typeof HTMLElement;

export interface PlayerStats extends SampleDetail {
  state: PlayerState;
  scene: SceneSummary | null;
  peerShares: PeerShare[];
}

/** What was loaded last, so that a new session can load it again. */
interface LoadRequest {
  source: SceneSource;
  file: Blob | null;
}

const NO_SAMPLES: SampleDetail = { samplesPerPixel: 0, samplesPerSecond: 0, elapsedMs: 0, peers: 0 };

export class P2c2rPlayer extends ElementBase {
  static readonly observedAttributes = OBSERVED_ATTRIBUTES;

  #view: PlayerView | null = null;
  #session: PlayerSession | null = null;
  #controls: CameraControls | null = null;
  #request: LoadRequest | null = null;
  #state: PlayerState = "idle";
  #summary: SceneSummary | null = null;
  #peers: PeerShare[] = [];
  #sample: SampleDetail = NO_SAMPLES;
  #pose: CameraPose | null = null;
  #isAttached = false;
  readonly #clock = new AnimationClock((seconds) => this.#session?.time(seconds));
  readonly #changed = new Set<string>();

  /** Whether this browser can run the player at all. */
  static isSupported(): boolean {
    return "WebAssembly" in globalThis && "OffscreenCanvas" in globalThis && "Worker" in globalThis;
  }

  get state(): PlayerState {
    return this.#state;
  }

  /** Who renders this picture; this page itself comes first. */
  get peers(): readonly PeerShare[] {
    return this.#peers;
  }

  get loaded(): boolean {
    return this.#summary !== null;
  }

  get src(): string {
    return this.getAttribute("src") ?? "";
  }

  set src(value: string) {
    this.setAttribute("src", value);
  }

  /** The camera as it stands, once a scene is loaded. */
  get cameraPose(): CameraPose | null {
    return this.#pose;
  }

  /** Seconds since the scene's animation began. */
  get time(): number {
    return this.#clock.seconds;
  }

  set time(seconds: number) {
    this.#clock.set(Number.isFinite(seconds) ? Math.max(0, seconds) : 0);
  }

  /** Seconds after which the animation begins again; 0 where nothing moves. */
  get duration(): number {
    return this.#summary?.durationSeconds ?? 0;
  }

  connectedCallback(): void {
    this.#isAttached = true;
    if (this.src !== "" && !this.#session) this.#note("src");
  }

  disconnectedCallback(): void {
    this.#isAttached = false;
    // An element that is only moved is attached again before the microtask runs.
    queueMicrotask(() => {
      if (!this.#isAttached) this.dispose();
    });
  }

  attributeChangedCallback(name: string, before: string | null, after: string | null): void {
    if (before !== after && this.#isAttached) this.#note(name);
  }

  /** Attributes that change together count as one change. */
  #note(name: string): void {
    if (this.#changed.size === 0) queueMicrotask(() => this.#applyChanges());
    this.#changed.add(name);
  }

  #applyChanges(): void {
    const changed = [...this.#changed];
    this.#changed.clear();
    if (!this.#isAttached) return;
    this.#dress();
    const has = (names: readonly string[]): boolean => changed.some((name) => names.includes(name));
    const isRunning = this.#session !== null;
    if (isRunning && has(SESSION_ATTRIBUTES)) this.dispose();
    const isStale = has(["environment-image"]) || !this.#session;
    if (has(["src"])) void this.load();
    else if (isRunning && isStale) void this.#begin();
    else if (this.#session) this.#adjust(this.#session, has);
  }

  #adjust(session: PlayerSession, has: (names: readonly string[]) => boolean): void {
    this.#resettle();
    if (has(["time"])) this.time = timeAttribute(this);
    this.#runClock();
    if (has(["camera"])) session.camera(cameraChoice(this));
    if (has(CAMERA_ATTRIBUTES)) this.#obeyCameraAttributes();
  }

  /** Loads an address, `generated:…`, a file, or again what `src` names. */
  async load(source: string | Blob = this.src): Promise<void> {
    this.#changed.delete("src");
    try {
      this.#request =
        typeof source === "string"
          ? { source: sceneSource(source), file: null }
          : { source: { kind: "bytes", name: nameOf(source) }, file: source };
    } catch (reason) {
      return this.#fail("config", "BAD_SOURCE", messageOf(reason));
    }
    await this.#begin();
  }

  /** Goes on after `pause()`. */
  play(): void {
    this.#session?.play();
  }

  /** Stops all work and keeps the picture. */
  pause(): void {
    this.#session?.pause();
  }

  /** Looks from another place, as the controls do. */
  setCamera(pose: CameraPose): void {
    this.#lookFrom(pose, "api");
    this.#controls?.setPose(pose);
  }

  /** The picture as an image, or the exact film for `application/x-p2c2r-sums`. */
  toBlob(options: BlobOptions = {}): Promise<Blob> {
    return this.#session?.toBlob(options) ?? Promise.reject(new Error("nothing is loaded"));
  }

  /** The exact radiance sums of the film, for comparisons and further processing. */
  getRadianceSums(): Promise<FilmSums> {
    return this.#session?.filmSums() ?? Promise.reject(new Error("nothing is loaded"));
  }

  getStats(): Promise<PlayerStats> {
    const { state } = this;
    return Promise.resolve({ ...this.#sample, state, scene: this.#summary, peerShares: this.#peers });
  }

  /** Ends the workers and every connection; `load()` starts again. */
  dispose(): void {
    this.#clock.stop();
    this.#controls?.dispose();
    this.#controls = null;
    this.#session?.dispose();
    this.#session = null;
    this.#view?.dispose();
    this.#view = null;
    this.#summary = null;
    this.#peers = [];
    this.#sample = NO_SAMPLES;
    this.#change("idle", null);
  }

  async #begin(): Promise<void> {
    const request = this.#request;
    if (!request) return;
    this.#view ??= new PlayerView(this, () => this.#resettle());
    this.#dress();
    this.#view.showMessage(null);
    this.#clock.stop();
    this.#summary = null;
    this.#change("loading", null);
    try {
      this.#session ??= this.#open(this.#view);
      const file = await request.file?.arrayBuffer();
      if (this.#request !== request) return;
      this.#session?.load(request.source, this.#environmentUrl(), file);
      this.#session?.camera(cameraChoice(this));
      this.#clock.set(timeAttribute(this));
      this.#session?.time(this.time);
    } catch (reason) {
      this.#fail("config", "START_FAILED", messageOf(reason));
    }
  }

  #open(view: PlayerView): PlayerSession {
    const signal = this.getAttribute("signal");
    const room = this.getAttribute("room") ?? undefined;
    return new PlayerSession({
      canvas: view.canvas,
      settings: renderSettings(this, view.size()),
      device: deviceChoice(this),
      threads: threadCount(this),
      network: signal === null ? null : networkSettings(signal, room, maxPeers(this)),
      predictionLog: this.hasAttribute("prediction-log"),
      onMessage: (message) => this.#onMessage(message),
      onFailure: (message) => this.#fail("config", "WORKER_FAILED", message),
    });
  }

  #resettle(): void {
    if (this.#session && this.#view) this.#session.settings(renderSettings(this, this.#view.size()));
  }

  /** What shows without asking the session. */
  #dress(): void {
    const hasControls = this.hasAttribute("camera-controls");
    this.#view?.dress({
      alt: this.getAttribute("alt"),
      isUiShown: this.getAttribute("ui") !== "none",
      hasControls,
      poster: this.getAttribute("poster"),
    });
    if (!hasControls) {
      this.#controls?.dispose();
      this.#controls = null;
    } else if (!this.#controls && this.#pose && this.#view) {
      const onChange = (pose: CameraPose): void => this.#lookFrom(pose, "user-interaction");
      this.#controls = new CameraControls(this.#view.canvas, this.#pose, onChange);
    }
  }

  /** The attributes that name a free position win over the scene's cameras. */
  #obeyCameraAttributes(): void {
    if (!this.#summary || !this.#pose || !this.#view) return;
    const { width, height } = renderSettings(this, this.#view.size());
    const pose = attributePose(this, this.#summary, this.#pose, width / height);
    if (pose) this.setCamera(pose);
  }

  #lookFrom(pose: CameraPose, source: "user-interaction" | "api"): void {
    this.#pose = pose;
    this.#session?.camera({ kind: "lookAt", ...pose });
    this.#emit("camera-change", { source });
  }

  /** Plays while nothing stands against it, and nobody has asked for less motion. */
  #runClock(): void {
    const isWanted = this.hasAttribute("animate") && this.#state !== "paused" && this.#state !== "error";
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    this.#clock.run(isWanted && !isCalm, this.duration);
  }

  #environmentUrl(): string | null {
    const address = this.getAttribute("environment-image");
    return address ? new URL(address, document.baseURI).href : null;
  }

  #onMessage(message: FromSession): void {
    switch (message.kind) {
      case "loaded":
        this.#summary = message.summary;
        this.#pose = message.camera;
        this.#controls?.setPose(message.camera);
        this.#obeyCameraAttributes();
        this.#dress();
        this.#change("rendering", null);
        this.#emit("load", message.summary);
        break;
      case "paused":
        this.#change(message.reason === null ? "rendering" : "paused", message.reason);
        break;
      case "progress":
        this.#view?.showProgress(message.fraction);
        this.#emit("progress", { stage: message.stage, totalProgress: message.fraction });
        break;
      case "sample":
        this.#onSample(message);
        break;
      case "tiles":
        this.#emit("tiles", message.tiles);
        break;
      case "peers":
        this.#peers = message.peers;
        this.#emit("peerschange", { peers: this.#peers, connected: this.#connected() });
        break;
      case "predictions":
        this.#emit("predictions", message.attempts);
        break;
      case "error":
        if (message.isFatal) this.#fail(message.category, message.code, message.message);
        else this.#report(message.category, message.code, message.message, "recoverable");
        break;
      default:
        break;
    }
  }

  #onSample(message: Extract<FromSession, { kind: "sample" }>): void {
    const { samplesPerPixel, samplesPerSecond, elapsedMs, isComplete } = message;
    if (samplesPerPixel > 0) this.#view?.hidePoster();
    this.#sample = { samplesPerPixel, samplesPerSecond, elapsedMs, peers: this.#connected() };
    this.#emit("sample", this.#sample);
    if (isComplete && this.#state !== "complete") {
      this.#change("complete", null);
      this.#emit("complete", this.#sample);
    } else if (!isComplete && this.#state === "complete") this.#change("rendering", null);
  }

  #connected(): number {
    return this.#peers.filter(({ id, isConnected }) => isConnected && id !== 0).length;
  }

  #fail(category: string, code: string, message: string): void {
    this.#view?.showMessage(message);
    this.#change("error", message);
    this.#report(category, code, message, "fatal");
  }

  #report(
    category: string,
    code: string,
    message: string,
    severity: SessionErrorDetail["severity"],
  ): void {
    const detail: SessionErrorDetail = { category, code, message, severity };
    this.#emit("error", detail);
  }

  #change(to: PlayerState, reason: string | null): void {
    const from = this.#state;
    if (from === to) return;
    this.#state = to;
    this.#runClock();
    this.#emit("statechange", { from, to, reason });
  }

  #emit(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function nameOf(file: Blob): string {
  return file instanceof File ? file.name : "scene";
}

function messageOf(reason: unknown): string {
  return reason instanceof Error ? reason.message : String(reason);
}
