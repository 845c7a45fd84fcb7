const MOST_BYTES = 255;

/** A name that the server takes (IM-FILE-1), whatever the file is called on this device: the upload must not fail for it. */
export function fileName(name: string): string {
  const clean = name
    .normalize('NFC')
    // Slashes, line breaks, control characters, what turns the direction of text, and lone surrogates.
    // biome-ignore lint/suspicious/noControlCharactersInRegex: the server refuses them
    .replace(/[/\\\0-\x1F\x7F-\x9F\u2028-\u202E\u2066-\u2069\uD800-\uDFFF]/gu, '_')
    .trim();
  const ending = /\.[^.]{1,20}$/.exec(clean)?.[0] ?? '';
  const stem = [...clean.slice(0, clean.length - ending.length)];
  while (bytesOf(stem.join('') + ending) > MOST_BYTES) stem.pop();
  return stem.join('') + ending || 'file';
}

function bytesOf(text: string): number {
  return encodeURIComponent(text).replace(/%../g, '.').length;
}

/** Recorders add parameters to a type, such as the codecs, and the server takes none. */
export function fileType(type: string): string {
  return /^[^;\s/]+\/[^;\s/]+/.exec(type)?.[0].toLowerCase() ?? 'application/octet-stream';
}
