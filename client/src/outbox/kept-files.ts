import type { FileSource } from '../files/file-source.ts';
import type { FilesDraft, OutgoingFiles } from '../files/outgoing-files.ts';
import { ImError } from '../model/errors.ts';
import type { FileData } from '../model/upload.ts';
import type { StoreBackend } from './store-backend.ts';

/** Of all unsent messages together: a browser's quota is for the whole site. */
const KEPT_FILES_BYTES = 25 * 1024 * 1024;

/** The files of an unsent message in the store. Their bytes have entries of their own. */
export interface FilesRecord extends FilesDraft {
  /** The server's ids, once all files are uploaded. */
  readonly ids?: readonly string[] | undefined;
  /** Whether the store has the bytes, too. */
  readonly isKept: boolean;
}

export function recordOf({ draft, ids }: OutgoingFiles, isKept: boolean): FilesRecord {
  const sources = draft.sources.map(({ data, thumbnail, ...said }): FileSource => {
    const { size, type = '', name } = data;
    return {
      ...said,
      data: 'uri' in data ? data : { size, type, ...(name !== undefined && { name }) },
      // A browser makes it again.
      thumbnail: thumbnail === null || (thumbnail && 'uri' in thumbnail.data) ? thumbnail : undefined,
    };
  });
  return { ...draft, sources, ids, isKept };
}

/** Whether the files have room in the store, beside those of other messages. */
export function fits(draft: FilesDraft, others: readonly { readonly files?: FilesRecord }[]): boolean {
  const kept = others.flatMap(({ files }) => (files?.isKept ? files.sources : []));
  const bytes = [...draft.sources, ...kept].map(({ data }) => ('uri' in data ? 0 : data.size));
  return bytes.reduce((sum, one) => sum + one) <= KEPT_FILES_BYTES;
}

/** The keys of the files of the message with this key. */
export function fileKeys(key: string, { sources }: Pick<FilesDraft, 'sources'>): string[] {
  return sources.map((_, index) => `file/${index}/${key}`);
}

export async function keepFiles(store: StoreBackend, key: string, { sources }: FilesDraft): Promise<void> {
  for (const [index, { data }] of sources.entries())
    if (!('uri' in data)) await store.setFile?.(fileKeys(key, { sources })[index] ?? '', data);
}

/** The files as they were sent, and the reason if they can't be any more. */
export async function restoreFiles(
  store: StoreBackend,
  key: string,
  record: FilesRecord,
): Promise<readonly [draft: FilesDraft, flaw: ImError | undefined]> {
  const { ids, isKept, ...draft } = record;
  const keys = fileKeys(key, record);
  const found = await Promise.all(
    record.sources.map(async ({ data }, index): Promise<FileData | undefined> => {
      if ('uri' in data) return data as FileData;
      return isKept ? store.file?.(keys[index] ?? '') : undefined;
    }),
  );
  const sources = record.sources.map((source, index) => {
    const { name = source.data.name } = source;
    return { ...source, name, data: found[index] ?? source.data };
  });
  const isLost = ids === undefined && found.includes(undefined);
  return [{ ...draft, sources }, isLost ? lost() : undefined];
}

function lost(): ImError {
  const message = 'the store could not keep the files when the program ended: send them again';
  return new ImError('not_found', message, { retryable: false });
}
