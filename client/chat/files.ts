import { readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import type { Client, OwnMessage } from '../src/index.ts';

/** The files that a terminal sends and saves. */

/** The others download: only pictures, sounds, videos, and PDF may show in a browser. */
const TYPES: Readonly<Record<string, string>> = {
  '.avif': 'image/avif',
  '.gif': 'image/gif',
  '.jpeg': 'image/jpeg',
  '.jpg': 'image/jpeg',
  '.mp3': 'audio/mpeg',
  '.mp4': 'video/mp4',
  '.pdf': 'application/pdf',
  '.png': 'image/png',
  '.txt': 'text/plain',
  '.webm': 'video/webm',
  '.webp': 'image/webp',
};

/** Begins to send the file at this path. Rejects if it can't be read. */
export async function sendFileAt(im: Client, peer: string, path: string): Promise<OwnMessage> {
  const type = TYPES[extname(path).toLowerCase()] ?? '';
  const file = new File([await readFile(path)], basename(path), { type });
  return im.direct(peer).sendFile(file);
}

const LOOK_BACK = 50;

/** Saves the files of the latest message that has some, in the folder. Returns their paths; rejects if one is there already. */
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
    await writeFile(path, Buffer.from(await answer.arrayBuffer()), { flag: 'wx' });
    paths.push(path);
  }
  return paths;
}
