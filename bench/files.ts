import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

const HERE = new URL('./', import.meta.url);

/** Path of a file in this folder, such as `results/counts.json`. */
export function pathOf(name: string): string {
  return fileURLToPath(new URL(name, HERE));
}

export function readJson<Content>(name: string): Content {
  return JSON.parse(readFileSync(pathOf(name), 'utf8')) as Content;
}

export function writeJson(name: string, content: unknown): void {
  writeFileSync(pathOf(name), `${JSON.stringify(content, null, 2)}\n`);
}
