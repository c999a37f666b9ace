// What the player shows in its shadow tree: the canvas, a progress line, a message.

import type { BoxSize } from "./attributes.js";
import { playerStyle } from "./player-style.js";

/** A new size counts when it has held this long, so that a drag does not restart the film all the time. */
const RESIZE_SETTLE_MS = 150;

export interface Dress {
  alt: string | null;
  isUiShown: boolean;
  hasControls: boolean;
  /** Address of an image that shows until there is a picture. */
  poster: string | null;
}

export class PlayerView {
  readonly canvas: HTMLCanvasElement;
  readonly #host: HTMLElement;
  readonly #progress: HTMLProgressElement;
  readonly #poster: HTMLImageElement;
  readonly #message: HTMLParagraphElement;
  readonly #observer: ResizeObserver;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isUiShown = true;
  #hasPicture = false;

  /** `onResize` is called when the element has taken another size. */
  constructor(host: HTMLElement, onResize: () => void) {
    this.#host = host;
    const root = host.shadowRoot ?? host.attachShadow({ mode: "open" });
    root.adoptedStyleSheets = [playerStyle()];
    this.canvas = part(document.createElement("canvas"), "canvas");
    this.canvas.setAttribute("role", "img");
    this.#progress = part(document.createElement("progress"), "progress");
    this.#progress.max = 1;
    this.#progress.setAttribute("aria-label", "Rendering");
    this.#poster = part(document.createElement("img"), "poster");
    this.#poster.alt = "";
    this.#poster.hidden = true;
    this.#message = part(document.createElement("p"), "message");
    this.#message.setAttribute("role", "status");
    this.#message.hidden = true;
    root.replaceChildren(this.canvas, this.#poster, this.#progress, this.#message);
    let last = this.size();
    this.#observer = new ResizeObserver(() => {
      const now = this.size();
      if (now.width === last.width && now.height === last.height) return;
      last = now;
      clearTimeout(this.#timer);
      this.#timer = setTimeout(onResize, RESIZE_SETTLE_MS);
    });
    this.#observer.observe(host);
  }

  /** The element's content box in CSS pixels. */
  size(): BoxSize {
    return { width: this.#host.clientWidth, height: this.#host.clientHeight };
  }

  /** Accessible name, the progress line, and whether the canvas takes the keyboard. */
  dress({ alt, isUiShown, hasControls, poster }: Dress): void {
    this.canvas.setAttribute("aria-label", alt || "3D scene");
    if (hasControls) {
      this.canvas.tabIndex = 0;
      this.canvas.setAttribute("aria-roledescription", "3D scene, arrow keys turn the camera");
    } else {
      this.canvas.removeAttribute("tabindex");
      this.canvas.removeAttribute("aria-roledescription");
    }
    if (poster !== null && this.#poster.getAttribute("src") !== poster && !this.#hasPicture) {
      this.#poster.src = poster;
      this.#poster.hidden = false;
    }
    this.#isUiShown = isUiShown;
    this.#progress.hidden = !isUiShown || this.#progress.value >= 1;
  }

  /** There is a picture now. */
  hidePoster(): void {
    this.#hasPicture = true;
    this.#poster.hidden = true;
  }

  showProgress(fraction: number): void {
    this.#progress.value = fraction;
    this.#progress.hidden = !this.#isUiShown || fraction >= 1;
  }

  /** Covers the picture with a sentence; null uncovers it. */
  showMessage(text: string | null): void {
    this.#message.textContent = text ?? "";
    this.#message.hidden = text === null;
  }

  dispose(): void {
    clearTimeout(this.#timer);
    this.#observer.disconnect();
  }
}

function part<T extends HTMLElement>(element: T, name: string): T {
  element.setAttribute("part", name);
  return element;
}
