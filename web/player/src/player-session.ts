// One running player: a canvas, its session worker, and what the two have said so far.

import type { BlobOptions, FilmSums } from "./film-export.js";
import { encodeImage, SUMS_MIME_TYPE } from "./film-export.js";
import type {
  CameraChoice,
  DeviceChoice,
  ExportFormat,
  FromSession,
  NetworkSettings,
  RenderSettings,
  SceneSource,
} from "./messages.js";
import { watchCondition } from "./machine-condition.js";
import { SessionHost } from "./session-host.js";

export interface PlayerSessionOptions {
  canvas: HTMLCanvasElement;
  settings: RenderSettings;
  device: DeviceChoice;
  threads: number;
  network: NetworkSettings | null;
  /** Whether `predictions` come. */
  predictionLog: boolean;
  onMessage(message: FromSession): void;
  onFailure(message: string): void;
}

type Exported = Extract<FromSession, { kind: "exported" }>;

interface Export {
  resolve(film: { message: Exported; bytes: ArrayBuffer }): void;
  reject(reason: Error): void;
}

export class PlayerSession {
  readonly #host: SessionHost;
  readonly #exports = new Map<number, Export>();
  #nextRequest = 1;
  readonly #endWatch: () => void;
  #isAlive = true;

  constructor(options: PlayerSessionOptions) {
    const { canvas, settings, device, threads, network, predictionLog } = options;
    this.#host = new SessionHost({
      onMessage: (message, attachments) => {
        if (message.kind === "exported") this.#onExported(message, attachments[0]);
        else options.onMessage(message);
      },
      onFailure: (message) => options.onFailure(message),
    });
    this.#host.present(canvas.transferControlToOffscreen());
    this.#host.post({ kind: "startPlayer", settings, device, threads, network, predictionLog });
    // A hidden page may be gone without another word: what was learned is stored first.
    this.#endWatch = watchCondition((condition) => this.#host.post({ kind: "condition", ...condition }));
  }

  load(source: SceneSource, environmentUrl: string | null, file?: ArrayBuffer): void {
    this.#host.post({ kind: "load", source, environmentUrl }, file ? [file] : []);
  }

  settings(settings: RenderSettings): void {
    this.#host.post({ kind: "settings", settings });
  }

  camera(camera: CameraChoice): void {
    this.#host.post({ kind: "camera", camera });
  }

  time(seconds: number): void {
    this.#host.post({ kind: "time", seconds });
  }

  play(): void {
    this.#host.post({ kind: "play" });
  }

  pause(): void {
    this.#host.post({ kind: "pause" });
  }

  async toBlob(options: BlobOptions): Promise<Blob> {
    if (options.mimeType === SUMS_MIME_TYPE) {
      const { bytes } = await this.#export("sums");
      return new Blob([bytes], { type: SUMS_MIME_TYPE });
    }
    const { message, bytes } = await this.#export("rgba8");
    return encodeImage(message.width, message.height, bytes, options);
  }

  async filmSums(): Promise<FilmSums> {
    const { message, bytes } = await this.#export("sums");
    const { width, height, samples, isComplete } = message;
    return { width, height, samples, isComplete, sums: new BigUint64Array(bytes) };
  }

  dispose(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#endWatch();
    this.#host.dispose();
    for (const { reject } of this.#exports.values()) reject(new Error("the player was disposed"));
    this.#exports.clear();
  }

  #export(format: ExportFormat): Promise<{ message: Exported; bytes: ArrayBuffer }> {
    if (!this.#isAlive) return Promise.reject(new Error("the player was disposed"));
    const request = this.#nextRequest++;
    return new Promise((resolve, reject) => {
      this.#exports.set(request, { resolve, reject });
      this.#host.post({ kind: "export", request, format });
    });
  }

  #onExported(message: Exported, bytes: ArrayBuffer | undefined): void {
    const waiting = this.#exports.get(message.request);
    this.#exports.delete(message.request);
    if (bytes) waiting?.resolve({ message, bytes });
    else waiting?.reject(new Error("there is no film yet"));
  }
}
