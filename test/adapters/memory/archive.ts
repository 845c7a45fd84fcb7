import type { ArchiveEditor } from '../../../lambdas/domain/model/archive.ts';

export function inMemoryArchive(): ArchiveEditor & { readonly objects: Map<string, readonly string[]> } {
  const objects = new Map<string, readonly string[]>();
  return {
    objects,
    async keys(after = '', limit) {
      const keys = [...objects.keys()].filter((key) => key > after).sort();
      return { keys: keys.slice(0, limit), hasMore: keys.length > limit };
    },
    linesOf: async (key) => objects.get(key) ?? [],
    replace: async (key, lines) => void objects.set(key, lines),
  };
}
