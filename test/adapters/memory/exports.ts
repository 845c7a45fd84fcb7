import type { ExportFiles, ExportLinks } from '../../../lambdas/domain/model/export-file.ts';

export interface InMemoryExports extends ExportFiles, ExportLinks {
  /** Those that are complete, by name. */
  readonly files: ReadonlyMap<string, string>;
  /** Aborts the uploads that are open, and forgets what was kept, as the bucket does in time. */
  expire(): void;
}

/** Like S3, takes a file only with the parts that it has. */
export function inMemoryExports(): InMemoryExports {
  const files = new Map<string, string>();
  const uploads = new Map<string, Map<number, { readonly tag: string; readonly text: string }>>();
  const rests = new Map<string, string>();
  let count = 0;
  const next = () => {
    count += 1;
    return String(count);
  };
  return {
    files,
    expire() {
      uploads.clear();
      rests.clear();
    },
    async begin(name) {
      const uploadId = next();
      uploads.set(uploadId, new Map());
      return { name, uploadId };
    },
    async putPart({ uploadId }, number, text) {
      const tag = `tag of ${text.length}: ${text.slice(0, 20)}`;
      return uploads.get(uploadId)?.set(number, { tag, text }) && tag;
    },
    async complete({ name, uploadId }, tags) {
      const parts = tags.map((_, index) => uploads.get(uploadId)?.get(index + 1));
      if (parts.some((part, index) => part?.tag !== tags[index])) return false;
      uploads.delete(uploadId);
      files.set(name, parts.map((part) => part?.text).join(''));
      return true;
    },
    async keepRest(name, text) {
      const place = next();
      rests.set(`${name}/${place}`, text);
      return place;
    },
    rest: async (name, place) => rests.get(`${name}/${place}`),
    async empty(folder) {
      const inIt = (key: string) => key.startsWith(`${folder}/`);
      const found = [files, rests].flatMap((all) =>
        [...all.keys()].filter(inIt).map((key) => all.delete(key)),
      );
      return found.length;
    },
    linkTo: async (name, nowMs) => ({ link: `https://files/${name}`, expiresAtMs: nowMs + 3_600_000 }),
  };
}
