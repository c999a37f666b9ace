// The signaling socket: text in, text out. Messages and reconnects are the session's business.

import type { Feed } from "./environment.js";

/** Longer texts are not handed on; the session's own limits are below this. */
const MAX_TEXT_CHARS = 1 << 20;

const NORMAL_CLOSURE = 1000;

export class SignalingSocket {
  readonly #feed: Feed;
  #socket: WebSocket | null = null;

  constructor(feed: Feed) {
    this.#feed = feed;
  }

  open(url: string, subprotocol: string): void {
    this.close();
    let socket: WebSocket;
    try {
      socket = new WebSocket(url, subprotocol);
    } catch (reason) {
      // The session must not be entered again while it is giving outputs.
      queueMicrotask(() => this.#feed({ kind: "socketClosed", reason: String(reason) }));
      return;
    }
    this.#socket = socket;
    socket.onopen = () => this.#feed({ kind: "socketOpened" });
    socket.onmessage = ({ data }: MessageEvent<unknown>) => {
      if (typeof data === "string" && data.length <= MAX_TEXT_CHARS) {
        this.#feed({ kind: "socketText", text: data });
      } else this.#lose("the server sent a message that is not text or too long");
    };
    socket.onclose = ({ reason, code }) => this.#lose(reason || `closed with code ${code}`);
  }

  send(text: string): void {
    if (this.#socket?.readyState === WebSocket.OPEN) this.#socket.send(text);
  }

  /** Closes without telling the session, which asked for it. */
  close(code = NORMAL_CLOSURE): void {
    const socket = this.#socket;
    if (!socket) return;
    this.#socket = null;
    socket.onopen = socket.onmessage = socket.onclose = null;
    socket.close(code);
  }

  #lose(reason: string): void {
    if (!this.#socket) return;
    this.close();
    this.#feed({ kind: "socketClosed", reason });
  }
}
