// Fetches a scene and the files that it names; only files of the scene's own folder are followed.

import { fetchLimited, MAX_FETCH_BYTES } from "./fetch-limited.js";

/** Files of one scene. */
const MAX_SCENE_FILES = 4096;
const PARALLEL_FETCHES = 6;
const GLB_MAGIC = 0x46546c67;

export interface SceneFiles {
  /** Paths as the importer asks for them; the first is the scene itself. */
  names: string[];
  bytes: Uint8Array[];
}

/** Fetches the scene at an address with every external buffer and image. */
export async function fetchScene(
  url: string,
  onProgress: (fraction: number) => void,
): Promise<SceneFiles> {
  // The text of a `.gltf` is the small part of what is to come.
  const isWhole = !new URL(url).pathname.endsWith(".gltf");
  const root = await fetchLimited(url, MAX_FETCH_BYTES, isWhole ? onProgress : undefined);
  const uris = externalUris(root);
  const files: SceneFiles = { names: [url, ...uris.map(decodeURIComponent)], bytes: [root] };
  let budget = MAX_FETCH_BYTES - root.byteLength;
  let next = 0;
  let finished = 0;
  const fetchNext = async (): Promise<void> => {
    while (next < uris.length) {
      const index = next++;
      const bytes = await fetchLimited(resolveInFolder(url, uris[index] ?? ""), budget);
      budget -= bytes.byteLength;
      if (budget < 0) throw new Error(`the files of ${url} pass ${MAX_FETCH_BYTES} bytes`);
      files.bytes[index + 1] = bytes;
      finished += 1;
      onProgress(finished / uris.length);
    }
  };
  await Promise.all(Array.from({ length: PARALLEL_FETCHES }, fetchNext));
  return files;
}

/** The address of a file beside the scene; anything else is refused. */
export function resolveInFolder(sceneUrl: string, uri: string): string {
  const folder = new URL(".", sceneUrl);
  const target = new URL(uri, folder);
  const isInside = target.origin === folder.origin && target.pathname.startsWith(folder.pathname);
  if (!isInside || target.username !== "" || target.password !== "") {
    throw new Error(`the scene names ${uri}, which is outside its folder`);
  }
  return target.href;
}

/** URIs of buffers and images that are not inside the file; the importer reports malformed files. */
function externalUris(root: Uint8Array): string[] {
  const json = gltfJson(root);
  if (json === null) return [];
  let document: unknown;
  try {
    document = JSON.parse(json);
  } catch {
    return [];
  }
  const uris = new Set<string>();
  for (const list of ["buffers", "images"]) {
    const entries = (document as Record<string, unknown> | null)?.[list];
    if (!Array.isArray(entries)) continue;
    for (const entry of entries as unknown[]) {
      const uri = (entry as { uri?: unknown } | null)?.uri;
      if (typeof uri === "string" && !uri.startsWith("data:")) uris.add(uri);
    }
  }
  if (uris.size > MAX_SCENE_FILES) throw new Error(`the scene names ${uris.size} files`);
  return [...uris];
}

/** The JSON text of a `.gltf`, or of the first chunk of a `.glb`. */
function gltfJson(root: Uint8Array): string | null {
  const view = new DataView(root.buffer, root.byteOffset, root.byteLength);
  if (root.byteLength < 20 || view.getUint32(0, true) !== GLB_MAGIC) {
    return new TextDecoder().decode(root);
  }
  const length = view.getUint32(12, true);
  if (length > root.byteLength - 20) return null;
  return new TextDecoder().decode(root.subarray(20, 20 + length));
}
