// Peer connections: the one thing that only a page may own. Descriptions and candidates pass through;
// data channels go to the session worker, or are relayed where the browser cannot transfer them.

import type { ChannelAttachment, FromSession, SignalPayload, ToSession } from "./messages.js";

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
  generation: number;
  /** Candidates that came before the remote description. */
  early: RTCIceCandidateInit[];
  ports: MessagePort[];
}

type SignalCandidate = Extract<SignalPayload, { candidate: unknown }>["candidate"];
type Of<Kind extends FromSession["kind"]> = Extract<FromSession, { kind: Kind }>;
type RtcMessage = Of<"rtcConnect" | "rtcRemoteSignal" | "rtcClose">;

export class RtcHost {
  readonly #connections = new Map<number, Connection>();
  readonly #closing = new Set<Connection>();
  readonly #sink: RtcSink;

  /** Without this the other ends of a closed tab would wait for it until their patience ends. */
  readonly #onPageHide = (): void => this.#closeAll();

  constructor(sink: RtcSink) {
    this.#sink = sink;
    addEventListener("pagehide", this.#onPageHide);
  }

  /** Obeys the session; a connection that fails is reported, never thrown. */
  handle(message: RtcMessage): void {
    switch (message.kind) {
      case "rtcConnect":
        this.#connect(message);
        break;
      case "rtcRemoteSignal":
        void this.#remoteSignal(message);
        break;
      case "rtcClose":
        this.#closeSoon(message.peer);
        break;
    }
  }

  /** Closes every connection at once. */
  dispose(): void {
    removeEventListener("pagehide", this.#onPageHide);
    this.#closeAll();
  }

  #closeAll(): void {
    for (const peer of [...this.#connections.keys()]) this.#close(peer);
    for (const connection of this.#closing) end(connection);
    this.#closing.clear();
  }

  #connect({ peer, generation, weOffer, iceServers }: Of<"rtcConnect">): void {
    this.#close(peer);
    if (this.#connections.size >= MAX_CONNECTIONS) return this.#fail(peer);
    const pc = new RTCPeerConnection({ iceServers });
    const connection: Connection = { pc, generation, early: [], ports: [] };
    this.#connections.set(peer, connection);
    for (const { label, init } of CHANNELS) {
      this.#attach(connection, peer, init.id, pc.createDataChannel(label, init));
    }
    pc.onicecandidate = ({ candidate }) => {
      if (candidate && candidate.candidate !== "") {
        this.#signal(peer, connection, { candidate: plain(candidate) });
      } else this.#signal(peer, connection, "end_of_candidates");
    };
    pc.onconnectionstatechange = () => {
      if (pc.connectionState === "connected") {
        this.#sink.post({ kind: "rtcStateChange", peer, state: "connected" });
        void this.#tellRoute(peer, pc);
      } else if (pc.connectionState === "failed") this.#fail(peer);
    };
    if (weOffer) void this.#describe(peer, connection);
  }

  /** Says whether a relay carries the connection, where the browser knows. */
  async #tellRoute(peer: number, pc: RTCPeerConnection): Promise<void> {
    const isRelayed = await isRelayedBy(pc).catch(() => null);
    if (isRelayed !== null && this.#connections.get(peer)?.pc === pc) {
      this.#sink.post({ kind: "rtcRoute", peer, isRelayed });
    }
  }

  #signal(peer: number, { generation }: Connection, payload: SignalPayload): void {
    this.#sink.post({ kind: "rtcSignal", peer, generation, payload });
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
      if (description?.type !== "offer" && description?.type !== "answer") return;
      const { type, sdp } = description;
      this.#signal(peer, connection, { description: { type, sdp } });
    } catch {
      this.#failIfCurrent(peer, connection);
    }
  }

  async #remoteSignal({ peer, generation, payload }: Of<"rtcRemoteSignal">): Promise<void> {
    const connection = this.#connections.get(peer);
    if (connection?.generation !== generation || payload === "end_of_candidates") return;
    if ("candidate" in payload) return this.#remoteCandidate(connection, payload.candidate);
    try {
      await connection.pc.setRemoteDescription(payload.description);
      for (const candidate of connection.early.splice(0)) {
        await this.#remoteCandidate(connection, candidate);
      }
      if (payload.description.type === "offer") await this.#describe(peer, connection);
    } catch {
      this.#failIfCurrent(peer, connection);
    }
  }

  async #remoteCandidate(
    { pc, early }: Connection,
    candidate: RTCIceCandidateInit,
  ): Promise<void> {
    if (!pc.remoteDescription) {
      early.push(candidate);
      return;
    }
    try {
      await pc.addIceCandidate(candidate);
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

/** Whether one end of the chosen pair of candidates is a relay; `null` if no pair is chosen. */
async function isRelayedBy(pc: RTCPeerConnection): Promise<boolean | null> {
  const reports = new Map<string, Record<string, unknown>>();
  (await pc.getStats()).forEach((report: { id: string }) => reports.set(report.id, { ...report }));
  const of = (id: unknown): Record<string, unknown> | undefined =>
    typeof id === "string" ? reports.get(id) : undefined;
  const all = [...reports.values()];
  const transport = all.find(({ type }) => type === "transport");
  const isChosen = ({ type, nominated, state }: Record<string, unknown>): boolean =>
    type === "candidate-pair" && nominated === true && state === "succeeded";
  const pair = of(transport?.["selectedCandidatePairId"]) ?? all.find(isChosen);
  if (!pair) return null;
  const ends = [of(pair["localCandidateId"]), of(pair["remoteCandidateId"])];
  return ends.some((end) => end?.["candidateType"] === "relay");
}

/** The candidate without the fields that are null. */
function plain(candidate: RTCIceCandidate): SignalCandidate {
  const { candidate: line, sdpMid, sdpMLineIndex, usernameFragment } = candidate;
  return {
    candidate: line,
    ...(sdpMid !== null && { sdpMid }),
    ...(sdpMLineIndex !== null && { sdpMLineIndex }),
    ...(usernameFragment !== null && { usernameFragment }),
  };
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
