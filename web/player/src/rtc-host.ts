// Peer connections: the one thing that only a page may own. Descriptions and candidates pass through;
// data channels go to the session worker, or are relayed where the browser cannot transfer them.

import type { ChannelAttachment, FromSession, ToSession } from "./messages.js";

const CHANNELS: readonly { label: string; init: RTCDataChannelInit & { id: number } }[] = [
  { label: "control", init: { negotiated: true, id: 1, ordered: true } },
  { label: "tiles", init: { negotiated: true, id: 2, ordered: false } },
  { label: "preview", init: { negotiated: true, id: 3, ordered: false, maxRetransmits: 0 } },
];

/** The relay tells the worker how much is queued whenever it falls to this. */
const BUFFERED_LOW_BYTES = 256 * 1024;
/** A closed channel gets this long to send what it holds. */
const CLOSE_GRACE_MS = 200;
/** More connections than this are refused; the session asks for far fewer. */
const MAX_CONNECTIONS = 64;

export interface RtcSink {
  post(message: ToSession): void;
  /** Throws `DataCloneError` where channels cannot be transferred. */
  attach(attachment: ChannelAttachment): void;
}

interface Connection {
  pc: RTCPeerConnection;
  /** Candidates that came before the remote description. */
  early: RTCIceCandidateInit[];
  ports: MessagePort[];
}

type RtcMessage = Extract<FromSession, { kind: `rtc${string}` }>;

export class RtcHost {
  readonly #connections = new Map<number, Connection>();
  readonly #closing = new Set<Connection>();
  readonly #sink: RtcSink;

  constructor(sink: RtcSink) {
    this.#sink = sink;
  }

  /** Obeys the session; a connection that fails is reported, never thrown. */
  handle(message: RtcMessage): void {
    switch (message.kind) {
      case "rtcConnect":
        this.#connect(message.peer, message.weOffer, message.iceServers);
        break;
      case "rtcRemoteDescription":
        void this.#remoteDescription(message.peer, message.sdpType, message.sdp);
        break;
      case "rtcRemoteCandidate":
        void this.#remoteCandidate(message.peer, message.candidate);
        break;
      case "rtcClose":
        this.#closeSoon(message.peer);
        break;
    }
  }

  /** Closes every connection at once. */
  dispose(): void {
    for (const peer of [...this.#connections.keys()]) this.#close(peer);
    for (const connection of this.#closing) end(connection);
    this.#closing.clear();
  }

  #connect(peer: number, weOffer: boolean, iceServers: string): void {
    this.#close(peer);
    if (this.#connections.size >= MAX_CONNECTIONS) return this.#fail(peer);
    const pc = new RTCPeerConnection({ iceServers: JSON.parse(iceServers) as RTCIceServer[] });
    const connection: Connection = { pc, early: [], ports: [] };
    this.#connections.set(peer, connection);
    for (const { label, init } of CHANNELS) {
      this.#attach(connection, peer, init.id, pc.createDataChannel(label, init));
    }
    pc.onicecandidate = ({ candidate }) => {
      if (!candidate || candidate.candidate === "") return;
      const text = JSON.stringify(candidate.toJSON());
      this.#sink.post({ kind: "rtcCandidate", peer, candidate: text });
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "connected") {
        this.#sink.post({ kind: "rtcStateChange", peer, state: "connected" });
      } else if (pc.connectionState === "failed") this.#fail(peer);
    };
    if (weOffer) void this.#describe(peer, connection);
  }

  /** Hands the channel over, or relays it through a port. */
  #attach(connection: Connection, peer: number, channel: number, link: RTCDataChannel): void {
    try {
      this.#sink.attach({ peer, channel, endpoint: link });
    } catch {
      const { port1, port2 } = new MessageChannel();
      relay(link, port1);
      connection.ports.push(port1);
      this.#sink.attach({ peer, channel, endpoint: port2 });
    }
  }

  async #describe(peer: number, connection: Connection): Promise<void> {
    const { pc } = connection;
    try {
      await pc.setLocalDescription();
      const description = pc.localDescription;
      if (!description) return;
      const { type: sdpType, sdp } = description;
      this.#sink.post({ kind: "rtcDescription", peer, sdpType, sdp });
    } catch {
      this.#failIfCurrent(peer, connection);
    }
  }

  async #remoteDescription(peer: number, sdpType: string, sdp: string): Promise<void> {
    const connection = this.#connections.get(peer);
    if (!connection) return;
    try {
      await connection.pc.setRemoteDescription({ type: sdpType as RTCSdpType, sdp });
      for (const candidate of connection.early.splice(0)) {
        await connection.pc.addIceCandidate(candidate);
      }
      if (sdpType === "offer") await this.#describe(peer, connection);
    } catch {
      this.#failIfCurrent(peer, connection);
    }
  }

  async #remoteCandidate(peer: number, text: string): Promise<void> {
    const connection = this.#connections.get(peer);
    if (!connection) return;
    try {
      const candidate = JSON.parse(text) as RTCIceCandidateInit;
      if (connection.pc.remoteDescription) await connection.pc.addIceCandidate(candidate);
      else connection.early.push(candidate);
    } catch {
      // One useless address of a peer harms nobody: the connection fails by itself if none works.
    }
  }

  #failIfCurrent(peer: number, connection: Connection): void {
    if (this.#connections.get(peer) === connection) this.#fail(peer);
  }

  #fail(peer: number): void {
    this.#close(peer);
    this.#sink.post({ kind: "rtcStateChange", peer, state: "failed" });
  }

  #close(peer: number): void {
    const connection = this.#detach(peer);
    if (connection) end(connection);
  }

  /** The session has closed the channels; what they hold, a goodbye perhaps, leaves first. */
  #closeSoon(peer: number): void {
    const connection = this.#detach(peer);
    if (!connection) return;
    this.#closing.add(connection);
    setTimeout(() => {
      this.#closing.delete(connection);
      end(connection);
    }, CLOSE_GRACE_MS);
  }

  #detach(peer: number): Connection | undefined {
    const connection = this.#connections.get(peer);
    this.#connections.delete(peer);
    if (connection) {
      connection.pc.onicecandidate = null;
      connection.pc.onconnectionstatechange = null;
    }
    return connection;
  }
}

function end({ pc, ports }: Connection): void {
  pc.close();
  for (const port of ports) port.close();
}

/** Passes messages between a channel and a port: buffers are data, lists tell what is queued. */
function relay(link: RTCDataChannel, port: MessagePort): void {
  link.binaryType = "arraybuffer";
  link.bufferedAmountLowThreshold = BUFFERED_LOW_BYTES;
  let takenBytes = 0;
  const report = (): void => port.postMessage([takenBytes, link.bufferedAmount]);
  link.onopen = () => port.postMessage("open");
  link.onclose = () => port.postMessage("close");
  link.onbufferedamountlow = report;
  link.onmessage = ({ data }: MessageEvent<ArrayBuffer>) => {
    if (data instanceof ArrayBuffer) port.postMessage(data, [data]);
  };
  port.onmessage = ({ data }: MessageEvent<ArrayBuffer | "close">) => {
    if (data === "close") return link.close();
    if (link.readyState !== "open") return;
    try {
      takenBytes += data.byteLength;
      link.send(data);
      report();
    } catch {
      link.close();
    }
  };
}
