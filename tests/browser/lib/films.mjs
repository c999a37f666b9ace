// Comparison of exact films: three sums a pixel, unit 2⁻¹⁶ of radiance.

const UNIT = 2 ** 16;

/** The sums that a film's bytes hold. */
export function sumsOf(bytes) {
  return new BigUint64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength));
}

/** Number of sums that differ; films of different sizes differ everywhere. */
export function differenceCount(one, other) {
  if (one.length !== other.length) return Math.max(one.length, other.length);
  let count = 0;
  for (let index = 0; index < one.length; index++) if (one[index] !== other[index]) count++;
  return count;
}

/** Root of the mean square difference of mean radiance, at equal samples per pixel. */
export function rmse(one, other, samples) {
  if (one.length !== other.length) throw new Error("films of different sizes do not compare");
  let square = 0;
  for (let index = 0; index < one.length; index++) {
    square += (Number(one[index] - other[index]) / (UNIT * samples)) ** 2;
  }
  return Math.sqrt(square / one.length);
}
