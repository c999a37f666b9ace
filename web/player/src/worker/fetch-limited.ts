// Fetching with a limit on the bytes, whatever the server says about their number.

/** No scene file or package is larger than this in a browser. */
export const MAX_FETCH_BYTES = 1 << 30;

/** Fails for any status but success, and as soon as the body passes `maxBytes`. */
export async function fetchLimited(
  url: string,
  maxBytes: number,
  onProgress?: (fraction: number) => void,
): Promise<Uint8Array> {
  const response = await fetch(url, { credentials: "same-origin" });
  if (!response.ok) throw new Error(`${url} answered ${response.status} ${response.statusText}`);
  if (!response.body) return new Uint8Array();
  const announced = Number(response.headers.get("content-length") ?? 0);
  const reader = response.body.getReader();
  const parts: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    length += value.byteLength;
    if (length > maxBytes) {
      await reader.cancel();
      throw new Error(`${url} is larger than ${maxBytes} bytes`);
    }
    parts.push(value);
    if (announced > 0) onProgress?.(Math.min(1, length / announced));
  }
  return join(parts, length);
}

function join(parts: Uint8Array[], length: number): Uint8Array {
  if (parts.length === 1 && parts[0]) return parts[0];
  const all = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    all.set(part, offset);
    offset += part.byteLength;
  }
  return all;
}
