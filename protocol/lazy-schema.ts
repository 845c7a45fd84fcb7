/**
 * Makes a schema on first use, and keeps it. Making all of them takes a tenth of a cold start's imports, and an instance
 * uses only a few (docs/adr/0012-cold-starts-and-calls.md).
 */
export function lazySchema<Schema>(make: () => Schema): () => Schema {
  let made: Schema | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
