import fc from 'fast-check';

/**
 * Each character there is, as the unit of a string. The library's unit `binary` lists them all when it is first used, which takes three
 * seconds of each worker.
 */
export const codePoint: fc.Arbitrary<string> = fc
  .oneof(
    // Control characters, and what syntax is made of.
    fc.integer({ min: 0, max: 0x9f }),
    fc.integer({ min: 0, max: 0xd7ff }),
    fc.integer({ min: 0xe000, max: 0x10ffff }),
  )
  .map((code) => String.fromCodePoint(code));
