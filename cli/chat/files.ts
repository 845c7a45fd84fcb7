import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, extname, join, parse } from 'node:path';
import type { Client, OwnMessage } from '../../client/src/index.ts';

/** The files that a terminal sends and saves. */

/** What browsers call them. Without a type, a file goes as `application/octet-stream`, and no browser shows it. */
const TYPES: Readonly<Record<string, string>> = {
  '.aac': 'audio/aac',
  '.avif': 'image/avif',
  '.bmp': 'image/bmp',
  '.csv': 'text/csv',
  '.flac': 'audio/flac',
  '.gif': 'image/gif',
  '.heic': 'image/heic',
  '.htm': 'text/html',
  '.html': 'text/html',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.json': 'application/json',
  '.m4a': 'audio/mp4',
  '.m4v': 'video/mp4',
  '.md': 'text/markdown',
  '.mkv': 'video/x-matroska',
  '.mov': 'video/quicktime',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.oga': 'audio/ogg',
  '.ogg': 'audio/ogg',
  '.ogv': 'video/ogg',
  '.opus': 'audio/ogg',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.svg': 'image/svg+xml',
  '.tif': 'image/tiff',
  '.tiff': 'image/tiff',
  '.txt': 'text/plain',
  '.wav': 'audio/wav',
  '.weba': 'audio/webm',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
  '.zip': 'application/zip',
};

/** The path that a person means: shells take quotes and `~`, and terminals quote what is dropped on them. */
export function typedPath(text: string): string {
  const [, , quoted] = /^(["'])(.+)\1$/.exec(text) ?? [];
  return (quoted ?? text).replace(/^~(?=\/|$)/, homedir());
}

/** Begins to send the file at this path. Rejects if it can't be read. */
export async function sendFileAt(im: Client, peer: string, path: string): Promise<OwnMessage> {
  const type = TYPES[extname(path).toLowerCase()] ?? '';
  const file = new File([await readFile(path)], basename(path), { type });
  return im.direct(peer).sendFile(file);
}

const LOOK_BACK = 50;

/** Saves the files of the latest message that has some, in the folder. Returns their paths. What is there already stays as it is. */
export async function saveLatest(im: Client, peer: string, folder: string): Promise<string[]> {
  const { messages } = await im.direct(peer).history({ limit: LOOK_BACK });
  const message = messages.findLast(({ content }) => content.type === 'file');
  if (message?.content.type !== 'file') return [];
  const paths: string[] = [];
  for (const { attachmentId, name, removed } of message.content.attachments) {
    if (removed) continue;
    const { url } = await im.direct(peer).attachmentUrl(message, attachmentId);
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(`the link to ${name} answered ${answer.status}`);
    // A name has no slashes, but one that is all dots would be a folder.
    const path = join(folder, basename(name).replace(/^\.+/, '') || attachmentId);
    paths.push(await writeBeside(path, Buffer.from(await answer.arrayBuffer())));
  }
  return paths;
}

/** Writes it as `cat.png`, or as `cat (2).png` if there is one, and so on. Returns the path. */
async function writeBeside(path: string, data: Buffer): Promise<string> {
  const { dir, name, ext } = parse(path);
  for (let count = 1; ; count += 1) {
    const free = count === 1 ? path : join(dir, `${name} (${count})${ext}`);
    try {
      await writeFile(free, data, { flag: 'wx' });
      return free;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
  }
}
