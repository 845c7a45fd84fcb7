import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { brotliCompressSync, brotliDecompressSync, constants } from 'node:zlib';

/** Bundles and template of an earlier release; `npm run release:keep-bundles` writes it. */
export const EARLIER_RELEASE = 'test/fixtures/earlier-release.br';

/** Options that bring most functions in; both releases have them. */
export const RELEASE_CONTEXT = { events: 'true', archive: 'true', historyRetention: '30d' };

/** The file of a release's SDK, beside its cloud assembly. */
export const CLIENT_FILE = 'client.mjs';

/** Which release it is, as a person would name it. */
export const NAME_FILE = 'release.txt';

/** Texts by path, as one compressed text: what a cloud assembly needs to run, without source maps. */
export function packRelease(assembly: string, more: Readonly<Record<string, string>>): Buffer {
  const names = readdirSync(assembly, { recursive: true, encoding: 'utf8' });
  const isNeeded = (name: string) => /^(manifest|[^/]*\.(template|assets))\.json$|\/index\.mjs$/.test(name);
  const files = names
    .filter(isNeeded)
    .sort()
    .map((name) => [name, withoutMap(readFileSync(join(assembly, name), 'utf8'))]);
  const text = Buffer.from(JSON.stringify({ ...Object.fromEntries(files), ...more }));
  return brotliCompressSync(text, {
    params: {
      [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
      [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
      [constants.BROTLI_PARAM_SIZE_HINT]: text.length,
    },
  });
}

const withoutMap = (code: string) => code.replace(/\n\/\/# sourceMappingURL=.*\n?$/, '\n');

/** Unpacks the earlier release; the workers of a run share it. @returns its cloud assembly */
export function earlierRelease(): string {
  const folder = join(tmpdir(), 'serverless-im-earlier');
  if (existsSync(folder)) return folder;
  const unpacked = mkdtempSync(join(tmpdir(), 'serverless-im-unpacked-'));
  const files: Readonly<Record<string, string>> = JSON.parse(
    brotliDecompressSync(readFileSync(EARLIER_RELEASE)).toString(),
  );
  for (const [name, text] of Object.entries(files)) {
    const file = join(unpacked, name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  }
  return moved(unpacked, folder);
}

/** Another worker may have been first. */
function moved(from: string, to: string): string {
  try {
    renameSync(from, to);
    return to;
  } catch {
    return from;
  }
}
