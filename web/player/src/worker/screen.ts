// Puts finished pictures on the player's canvas.

export class Screen {
  readonly #canvas: OffscreenCanvas;
  readonly #context: OffscreenCanvasRenderingContext2D;

  constructor(canvas: OffscreenCanvas) {
    const context = canvas.getContext("2d", { alpha: false });
    if (!context) throw new Error("this browser gives no 2D context to a worker");
    this.#canvas = canvas;
    this.#context = context;
  }

  /** `rgba` holds `width` × `height` pixels, row by row. */
  paint(width: number, height: number, rgba: Uint8Array): void {
    if (this.#canvas.width !== width || this.#canvas.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
    }
    const pixels = new Uint8ClampedArray(rgba.buffer as ArrayBuffer, rgba.byteOffset, rgba.length);
    this.#context.putImageData(new ImageData(pixels, width, height), 0, 0);
  }
}
