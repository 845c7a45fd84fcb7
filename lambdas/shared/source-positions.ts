import { readFileSync } from 'node:fs';
import { SourceMap } from 'node:module';

const IN_BUNDLE = /(?:file:\/\/)?\/[^\s()]*\/index\.mjs:(\d+):(\d+)/g;

let map: SourceMap | undefined;
let isRead = false;

/**
 * Replaces the bundle's positions in a stack trace with those of the sources. Reads the source map for the first error
 * that is logged: `node --enable-source-maps` would parse it at each cold start, a quarter of the import's time (ADR 12).
 */
export function inSources(stack: string): string {
  return stack.replace(IN_BUNDLE, (position: string, line: string, column: string) => {
    const origin = bundleMap()?.findOrigin(Number(line), Number(column));
    if (origin === undefined || !('fileName' in origin)) return position;
    return `${origin.fileName}:${origin.lineNumber}:${origin.columnNumber}`;
  });
}

function bundleMap(): SourceMap | undefined {
  if (!isRead) map = readMap();
  isRead = true;
  return map;
}

function readMap(): SourceMap | undefined {
  try {
    return new SourceMap(JSON.parse(readFileSync(new URL('index.mjs.map', import.meta.url), 'utf8')));
  } catch {
    // Not bundled, or deployed without the map: keeps the positions.
    return undefined;
  }
}
