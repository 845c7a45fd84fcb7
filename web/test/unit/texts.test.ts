import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const web = new URL('../..', import.meta.url).pathname;
const sources = [
  'public/widget.js',
  ...readdirSync(join(web, 'src'), { recursive: true }).map((name) => `src/${name}`),
]
  .filter((name) => /\.(ts|tsx|js)$/.test(name))
  .map((name) => readFileSync(join(web, name), 'utf8'))
  .join('\n');
const texts: Readonly<Record<string, string>> = JSON.parse(
  readFileSync(join(web, 'public/widget-texts.json'), 'utf8'),
);

describe('the list of the widget’s texts', () => {
  // The compiler refuses a text that is not in the list.
  it('has no text that no part of the widget uses', () => {
    const unused = Object.keys(texts).filter(
      (text) => !sources.includes(`'${text}'`) && !sources.includes(`"${text}"`),
    );
    expect(unused).toEqual([]);
  });

  it('gives each text as its own translation, for a translator to replace', () => {
    expect(Object.entries(texts).filter(([text, own]) => text !== own)).toEqual([]);
  });
});
