// The page's end of one session worker: starts it, passes messages, owns its peer connections.

import type {
  ChannelAttachment,
  FromSession,
  PageEnvelope,
  SessionEnvelope,
  ToSession,
} from "./messages.js";
import { RtcHost } from "./rtc-host.js";
import { startModuleWorker } from "./start-worker.js";

export interface SessionHostOptions {
  /** Called for every message but those about peer connections. */
  onMessage(message: FromSession, attachments: ArrayBuffer[]): void;
  /** The worker could not be started or died. */
  onFailure(message: string): void;
}

export class SessionHost {
  readonly #worker: Worker;
  readonly #rtc: RtcHost;
  #isAlive = true;

  constructor(options: SessionHostOptions) {
    this.#worker = startModuleWorker(new URL(SESSION_WORKER_FILE, import.meta.url), "p2c2r-session");
    this.#rtc = new RtcHost({
      post: (message) => this.post(message),
      attach: (attachment) => this.#attach(attachment),
    });
    this.#worker.onmessage = ({ data }: MessageEvent<SessionEnvelope>) => {
      if (!this.#isAlive) return;
      const { message, attachments } = data;
      switch (message.kind) {
        case "rtcConnect":
        case "rtcRemoteSignal":
        case "rtcClose":
          this.#rtc.handle(message);
          break;
        default:
          options.onMessage(message, attachments);
      }
    };
    this.#worker.onerror = (event) => {
      event.preventDefault();
      if (this.#isAlive) options.onFailure(event.message || "the worker script could not be loaded");
    };
  }

  /** Sends a message; after `dispose` it is dropped. */
  post(message: ToSession, attachments: ArrayBuffer[] = []): void {
    this.#send({ message, attachments }, attachments);
  }

  /** Gives the worker the canvas that it presents on. */
  present(canvas: OffscreenCanvas): void {
    this.#send({ canvas }, [canvas]);
  }

  /** Ends the worker, its trace workers and every peer connection, at once. */
  dispose(): void {
    if (!this.#isAlive) return;
    this.#isAlive = false;
    this.#worker.terminate();
    this.#rtc.dispose();
  }

  #attach(channel: ChannelAttachment): void {
    this.#send({ channel }, [channel.endpoint as Transferable]);
  }

  #send(envelope: PageEnvelope, transfer: Transferable[]): void {
    if (this.#isAlive) this.#worker.postMessage(envelope, transfer);
  }
}
