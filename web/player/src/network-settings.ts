// From the one address that a page names to the addresses that a session needs.

import type { NetworkSettings } from "./messages.js";

const SIGNAL_PATH = "/v1/signal";
const BLOBS_PATH = "/v1/blobs/";

/** Accepts `https://host`, `wss://host/v1/signal` and addresses relative to the page. */
export function networkSettings(
  signal: string,
  room: string | undefined,
  maxPeers: number,
): NetworkSettings {
  const base = new URL(signal, document.baseURI);
  const isSecure = base.protocol === "https:" || base.protocol === "wss:";
  if (!isSecure && base.protocol !== "http:" && base.protocol !== "ws:") {
    throw new TypeError(`the signal address ${signal} must be http, https, ws or wss`);
  }
  const prefix = base.pathname.replace(/\/$/, "").replace(/\/v1\/signal$/, "");
  const host = `${base.host}${prefix}`;
  return {
    signalUrl: `${isSecure ? "wss" : "ws"}://${host}${SIGNAL_PATH}`,
    blobsUrl: `${isSecure ? "https" : "http"}://${host}${BLOBS_PATH}`,
    room: room ?? null,
    maxPeers,
  };
}
