// From a film that the session gave out to a blob.

/** The exact radiance sums: per pixel red, green, blue as little-endian u64, unit 2⁻¹⁶. */
export const SUMS_MIME_TYPE = "application/x-p2c2r-sums";

export interface FilmSums {
  width: number;
  height: number;
  /** Samples that every pixel has. */
  samples: number;
  /** Whether every sample of the frame is merged. */
  isComplete: boolean;
  /** Three sums a pixel, row by row. */
  sums: BigUint64Array;
}

export interface BlobOptions {
  /** `image/png` (default), `image/jpeg`, `image/webp` or {@link SUMS_MIME_TYPE}. */
  mimeType?: string;
  /** 0 to 1 for lossy types. */
  quality?: number;
  /** `shown` (default): as on the screen, denoised or not. `film`: never denoised. */
  picture?: "shown" | "film";
}

/** An image, and what it shows. */
export interface Picture {
  blob: Blob;
  width: number;
  height: number;
  /** Samples that every pixel of the film has. */
  samples: number;
  /** Whether every sample of the frame is merged. */
  isComplete: boolean;
  /** Whether it was denoised; the film itself never is. */
  isDenoised: boolean;
}

/** Encodes 8-bit pixels as an image. */
export async function encodeImage(
  width: number,
  height: number,
  rgba: ArrayBuffer,
  { mimeType = "image/png", quality }: BlobOptions,
): Promise<Blob> {
  const canvas = new OffscreenCanvas(width, height);
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2D context");
  context.putImageData(new ImageData(new Uint8ClampedArray(rgba), width, height), 0, 0);
  return canvas.convertToBlob(quality === undefined ? { type: mimeType } : { type: mimeType, quality });
}
