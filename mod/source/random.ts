/**
 * Random numbers in [0, 1) with 32 bits, the same sequence for the same seed on every engine: the
 * generator is integer arithmetic alone.
 * Source: Chris Doty-Humphrey's sfc32 (PractRand), seeded by splitmix32.
 */
export function seededRandom(seed: number): () => number {
  // Both halves are used, so that seeds above 2^32 differ too.
  let mix = (seed >>> 0) ^ Math.imul(Math.floor(seed / 2 ** 32), 0x9e3779b1);
  const next = () => {
    mix = (mix + 0x9e3779b9) | 0;
    let t = mix ^ (mix >>> 16);
    t = Math.imul(t, 0x21f0aaad);
    t ^= t >>> 15;
    t = Math.imul(t, 0x735a2d97);
    return t ^ (t >>> 15);
  };
  let [a, b, c, counter] = [next(), next(), next(), 1];
  const random = () => {
    const sum = (a + b + counter++) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (c << 21) | (c >>> 11);
    c = (c + sum) | 0;
    return (sum >>> 0) / 2 ** 32;
  };
  for (let i = 0; i < 12; i++) random();
  return random;
}
