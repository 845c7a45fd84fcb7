/**
 * A schema that is made when it is first called for, then kept. All of them together are a tenth of what a cold start
 * imports, and an instance parses with few (docs/adr/0012-cold-starts-and-calls.md).
 */
export function lazySchema<Schema>(make: () => Schema): () => Schema {
  let made: Schema | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
