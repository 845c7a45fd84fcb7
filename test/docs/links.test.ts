import { existsSync, globSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { headingAnchors } from '../../scripts/heading-anchors.ts';

const pages = globSync('{*.md,{docs,client,examples,local,web}/**/*.md}', {
  exclude: (name) => /(^|\/)(node_modules|dist)$/.test(name),
});

function anchorsOf(text: string): Set<string> {
  const anchorOf = headingAnchors();
  const anchors = [...withoutCode(text).matchAll(/^#{1,6} (.*)$/gm)].map(([, heading = '']) =>
    anchorOf(heading),
  );
  const explicit = [...text.matchAll(/<a id="([^"]+)"/g)].map(([, id = '']) => id);
  return new Set([...anchors, ...explicit]);
}

function withoutCode(text: string): string {
  return text.replaceAll(/^```.*?^```/gms, '');
}

function linksOf(text: string): string[] {
  const prose = withoutCode(text).replaceAll(/`[^`\n]*`/g, '');
  const links = [...prose.matchAll(/\]\(([^)\s]+)\)/g), ...prose.matchAll(/(?:src|href)="([^"]+)"/g)];
  return links.map(([, target = '']) => target).filter((target) => !/^[a-z]+:/.test(target));
}

function leadsNowhere(page: string, link: string): boolean {
  const [file = '', anchor] = link.split('#');
  const path = file === '' ? page : join(dirname(page), file);
  if (!existsSync(path)) return true;
  if (anchor === undefined || statSync(path).isDirectory() || !path.endsWith('.md')) return false;
  return !anchorsOf(readFileSync(path, 'utf8')).has(anchor);
}

describe('a relative link', () => {
  it.each(pages)('of %s leads to a file and a heading that exist', (page) => {
    const links = linksOf(readFileSync(page, 'utf8'));
    expect(links.filter((link) => leadsNowhere(page, link))).toEqual([]);
  });
});
