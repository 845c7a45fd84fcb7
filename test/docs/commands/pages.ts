import { globSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { marked, type Token, type Tokens } from 'marked';

export const REPOSITORY = resolve(import.meta.dirname, '../../..');

/** What a reader opens. Decisions (`docs/adr`) tell what was done once. */
export const PAGES = globSync(
  ['*.md', 'docs/**/*.md', 'client/README.md', 'web/*.md', 'examples/**/*.md', 'test/README.md'],
  { cwd: REPOSITORY, exclude: (name) => /(^|\/)(node_modules|dist|adr)$/.test(name) },
)
  .filter((page) => page !== 'CHANGELOG.md')
  .sort();

/** Code of a page: a block, or a few words of a sentence. */
export interface Code {
  readonly page: string;
  readonly text: string;
  /** Of a fence; `undefined` for a code span. */
  readonly language: string | undefined;
  /** The prose that the reader has read by then: of this section, and of the beginnings of those that it is in. */
  readonly around: string;
}

interface Section {
  readonly depth: number;
  prose: string;
}

/** In the order of the page. */
export function codeOf(page: string, markdown = readFileSync(join(REPOSITORY, page), 'utf8')): Code[] {
  const found: (Code & { readonly within: readonly Section[] })[] = [];
  let within: readonly Section[] = [{ depth: 0, prose: '' }];
  for (const token of marked.lexer(markdown)) {
    if (token.type === 'heading')
      within = [
        ...within.filter(({ depth }) => depth < token['depth']),
        { depth: token['depth'], prose: '' },
      ];
    if (token.type !== 'code') for (const section of within.slice(-1)) section.prose += `${token.raw}\n`;
    for (const { text, language } of codeIn(token)) found.push({ page, text, language, around: '', within });
  }
  return found.map(({ within: sections, ...code }) => ({
    ...code,
    around: sections.map(({ prose }) => prose).join('\n'),
  }));
}

function codeIn(token: Token): { readonly text: string; readonly language: string | undefined }[] {
  const found: { readonly text: string; readonly language: string | undefined }[] = [];
  void marked.walkTokens([token], (one) => {
    if (one.type === 'codespan') found.push({ text: (one as Tokens.Codespan).text, language: undefined });
    if (one.type === 'code') found.push({ text: (one as Tokens.Code).text, language: one['lang'] ?? '' });
  });
  return found;
}
