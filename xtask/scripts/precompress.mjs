// Writes NAME.br beside every compressible file under a folder, for the server to send as it is.

import { readdir, readFile, stat, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants } from "node:zlib";

const compress = promisify(brotliCompress);
const COMPRESSIBLE = new Set([".css", ".html", ".js", ".json", ".onnx", ".svg", ".txt", ".wasm"]);
/** Below this a response fits into one packet either way. */
const MIN_BYTES = 1024;

const folder = process.argv[2];
if (!folder) throw new Error("usage: precompress.mjs FOLDER");

for (const name of await readdir(folder, { recursive: true })) {
  const path = join(folder, name);
  const data = await stat(path);
  if (!data.isFile() || data.size < MIN_BYTES || !COMPRESSIBLE.has(extname(name))) continue;
  const bytes = await readFile(path);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT, BROTLI_MAX_QUALITY } = constants;
  const params = {
    [BROTLI_PARAM_QUALITY]: BROTLI_MAX_QUALITY,
    [BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  await writeFile(`${path}.br`, await compress(bytes, { params }));
}
