// Prints how fast a link between a native peer and a Chromium tab is, as JSON: for every repetition the
// milliseconds from the server's welcome to open channels and the megabits a second in each direction.
//
// The native end is `p2c2r measure link`; the tab speaks the same few words: `give N`, `take N`, `took`.
// node channel.mjs [--repetitions 5] [--bytes 16777216] [--peer chromium|native]

import { spawn } from "node:child_process";
import { join } from "node:path";
import { parseArgs } from "node:util";

import { openBrowser } from "./lib/chromium.mjs";
import { newRoom } from "./lib/pages.mjs";
import { ROOT, startServer } from "./lib/programs.mjs";

const CLI = process.env.P2C2R_CLI ?? join(ROOT, "target/debug/p2c2r");

const { values } = parseArgs({
  options: {
    repetitions: { type: "string", default: "5" },
    bytes: { type: "string", default: String(16 << 20) },
    peer: { type: "string", default: "chromium" },
  },
});

process.on("SIGTERM", () => process.exit(1));
const children = new Set();
process.on("exit", () => children.forEach((child) => child.kill("SIGKILL")));

const server = await startServer();
const browser = values.peer === "chromium" ? await openBrowser() : null;
const results = [];
try {
  for (let index = 0; index < Number(values.repetitions); index += 1) {
    const room = newRoom();
    const stop = browser ? await serveInTab(browser, room) : serveNatively(room);
    results.push(JSON.parse(await measure("pull", room).text));
    await stop();
  }
} finally {
  await browser?.close();
  await server.stop();
}
console.log(JSON.stringify(results));
process.exit();

/** Starts one end of `p2c2r measure link`. */
function measure(side, room) {
  const words = ["measure", "link", server.url, "--room", room, "--side", side];
  const child = spawn(CLI, [...words, "--bytes", values.bytes], { stdio: ["ignore", "pipe", "inherit"] });
  children.add(child);
  let output = "";
  child.stdout.on("data", (data) => (output += data));
  const text = new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => {
      children.delete(child);
      if (code === 0) resolve(output);
      else reject(new Error(`p2c2r ${words.join(" ")} ended with ${code}`));
    });
  });
  return { child, text };
}

function serveNatively(room) {
  const { child, text } = measure("serve", room);
  return async () => {
    child.kill("SIGKILL");
    await text.catch(() => undefined);
  };
}

async function serveInTab(one, room) {
  const tab = await one.newTab();
  await tab.goto(`${server.url}/livez`);
  await tab.evaluate(serveLink, room);
  return () => tab.close();
}

/** Runs in the tab: a contributor that only moves bytes. */
async function serveLink(room) {
  const HIGH_WATER_BYTES = 1 << 20;
  const chunk = new Uint8Array(16 * 1024).fill(0x5a);
  const url = `${location.origin.replace("http", "ws")}/v1/signal`;
  const socket = new WebSocket(url, "p2c2r.v1.json");
  let [sent, received] = [0, 0];
  const say = (message, isNumbered = true) => {
    const seq = isNumbered ? (sent += 1) : 0;
    socket.send(JSON.stringify({ seq, ack: received, ...message }));
  };
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error("the signaling socket failed"));
  });
  let introduced = null;
  const welcomed = new Promise((resolve) => {
    socket.onmessage = async ({ data }) => {
      const message = JSON.parse(data);
      if (message.seq > 0) received = message.seq;
      if (message.t === "welcome") resolve();
      if (message.t === "connect") introduced = introduce(message);
      if (message.t === "signal") await introduced?.take(message.payload);
    };
  });
  say({ t: "hello", version: 1, role: "contributor", room, name: "tab", max_peers: 1 }, false);
  await welcomed;

  function introduce({ peer, generation }) {
    const connection = new RTCPeerConnection();
    const pass = (payload) => say({ t: "signal", to: peer, generation, payload });
    const options = { negotiated: true, ordered: true };
    const control = connection.createDataChannel("control", { ...options, id: 1 });
    const tiles = connection.createDataChannel("tiles", { ...options, id: 2, ordered: false });
    connection.createDataChannel("preview", { ...options, id: 3, ordered: false, maxRetransmits: 0 });
    control.binaryType = tiles.binaryType = "arraybuffer";
    tiles.bufferedAmountLowThreshold = HIGH_WATER_BYTES / 4;
    connection.onicecandidate = ({ candidate }) => {
      pass(candidate ? { candidate: candidate.toJSON() } : "end_of_candidates");
    };
    let toTake = 0;
    control.onmessage = ({ data }) => {
      const [word, count] = new TextDecoder().decode(data).split(" ");
      if (word === "take") toTake = Number(count);
      if (word === "give") give(tiles, Number(count));
    };
    tiles.onmessage = ({ data }) => {
      toTake -= data.byteLength;
      if (toTake === 0) control.send(new TextEncoder().encode("took"));
    };
    // One after the other: a candidate may come while the description is being set.
    let last = Promise.resolve();
    const take = async ({ description, candidate }) => {
      if (candidate) await connection.addIceCandidate(candidate);
      if (!description) return;
      await connection.setRemoteDescription(description);
      await connection.setLocalDescription();
      const { type, sdp } = connection.localDescription;
      pass({ description: { type, sdp } });
    };
    return { take: (payload) => (last = last.then(() => take(payload))) };
  }

  async function give(tiles, bytes) {
    for (let left = bytes; left > 0; left -= chunk.length) {
      if (tiles.bufferedAmount > HIGH_WATER_BYTES) {
        await new Promise((resolve) => tiles.addEventListener("bufferedamountlow", resolve, { once: true }));
      }
      tiles.send(left < chunk.length ? chunk.subarray(0, left) : chunk);
    }
  }
}
