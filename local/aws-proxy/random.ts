/** Uniform in [0, 1): the same for the same seed, name, and count, whatever was drawn for other names in between. */
export function draw(seed: number, name: string, count: number): number {
  // FNV-1a, then the finalizer of MurmurHash3: neighbours must not resemble each other.
  let hash = 0x811c9dc5;
  for (const char of `${seed}/${name}/${count}`)
    hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/** Standard normal, by Box and Muller. */
export function drawNormal(seed: number, name: string, count: number): number {
  const radius = Math.sqrt(-2 * Math.log(1 - draw(seed, `${name}/radius`, count)));
  return radius * Math.cos(2 * Math.PI * draw(seed, `${name}/angle`, count));
}
