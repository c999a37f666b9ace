// Counts what a page sets in motion: GPU submits, messages to workers, peer connections.
//
// The same script runs in the page and, put before their first line, in its workers; all report to
// one list in the page, in milliseconds of the wall clock, which page and workers share.

/** The name of the list in the page, and of the channel that workers report through. */
const NAME = "p2c2rActivity";

/** Wraps the three entries; runs in a page or in a worker. */
function watch(name) {
  const channel = new BroadcastChannel(name);
  const isPage = typeof document !== "undefined";
  const report = (kind) => {
    const entry = { kind, at: performance.timeOrigin + performance.now() };
    if (isPage) globalThis[name].push(entry);
    else channel.postMessage(entry);
  };
  if (isPage) {
    globalThis[name] = [];
    channel.onmessage = (event) => globalThis[name].push(event.data);
  }
  const wrap = (owner, method, kind) => {
    const original = owner?.prototype[method];
    if (!original) return;
    owner.prototype[method] = function (...values) {
      report(kind);
      return original.apply(this, values);
    };
  };
  wrap(globalThis.GPUQueue, "submit", "submit");
  wrap(globalThis.Worker, "postMessage", "postMessage");
  wrap(globalThis.RTCDataChannel, "send", "send");
  if (globalThis.RTCPeerConnection) {
    const open = new Set();
    globalThis[`${name}OpenPeers`] = open;
    globalThis.RTCPeerConnection = class extends globalThis.RTCPeerConnection {
      constructor(...values) {
        super(...values);
        report("peer");
        open.add(this);
      }
      close() {
        open.delete(this);
        super.close();
      }
    };
  }
}

/** The script that reports; for `addInitScript` of a context and for the workers' first line. */
export const ACTIVITY_SCRIPT = `(${watch})(${JSON.stringify(NAME)});\n`;

/** All activity so far: `{kind, at}` in the order of its arrival. */
export function activity(page) {
  return page.evaluate((name) => globalThis[name], NAME);
}

/** Number of peer connections that are not closed. */
export function openPeerCount(page) {
  return page.evaluate((name) => globalThis[`${name}OpenPeers`].size, NAME);
}
