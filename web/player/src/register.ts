// The one file that registers the element; the bundle for a script tag starts here.

import { P2c2rPlayer } from "./player-element.js";

export * from "./index.js";

const TAG = "p2c2r-player";

if ("customElements" in globalThis && !customElements.get(TAG)) {
  customElements.define(TAG, P2c2rPlayer);
}

declare global {
  interface HTMLElementTagNameMap {
    "p2c2r-player": P2c2rPlayer;
  }
}
