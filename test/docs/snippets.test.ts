/** @module-tag long */
import { mkdtempSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { REPOSITORY, runNode } from '../infra/run-node.ts';
import { type Code, codeOf, PAGES } from './commands/pages.ts';
import { PACKAGES } from './snippets/names.ts';

const NAMES = join(REPOSITORY, 'test/docs/snippets/names.ts');
const TSC = join(REPOSITORY, 'node_modules/typescript/bin/tsc');

/** Of each snippet a module, so that it may declare what others declare. */
function moduleOf({ text }: Code): string {
  // `…` is what the reader fills in; a snippet of an app's constructor has its `this`.
  const filled = text
    .replaceAll(/…(?=,)/g, '...rest')
    .replaceAll('…', 'rest')
    .replaceAll(/\bthis\b/g, 'stack');
  return `${filled}\nexport {};\n`;
}

function ambient(): string {
  const names = [...readFileSync(NAMES, 'utf8').matchAll(/^ {2}readonly (\w+):/gm)].map(
    ([, name = '']) => name,
  );
  const declared = names.map((name) => `declare const ${name}: import('${NAMES}').Names['${name}'];`);
  return [...declared, 'declare const rest: any;', PACKAGES].join('\n');
}

it('the TypeScript of the documents fits the SDK and the construct', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'serverless-im-snippets-'));
  symlinkSync(join(REPOSITORY, 'node_modules'), join(folder, 'node_modules'));
  const snippets = PAGES.flatMap((page) => codeOf(page)).filter(({ language = '' }) =>
    /^tsx?$/.test(language),
  );
  expect(snippets.length).toBeGreaterThan(20);
  snippets.forEach((code, index) => {
    const name = `${index}-${code.page.replaceAll(/\W/g, '-')}.tsx`;
    writeFileSync(join(folder, name), moduleOf(code));
  });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  writeFileSync(join(folder, 'ambient.d.ts'), ambient());
  const compilerOptions = {
    ...{ noImplicitAny: false, jsx: 'react-jsx', types: ['node', 'react'] },
    paths: { 'serverless-im': [join(REPOSITORY, 'lib/index.ts')] },
  };
  const config = { extends: join(REPOSITORY, 'tsconfig.json'), compilerOptions, include: ['*'] };
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify(config));
  expect(await runNode(folder, [TSC, '-p', '.'])).toEqual({ exitCode: 0, stdout: '', stderr: '' });
});
