import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { pageOfText, TEXTS } from './texts.ts';

const ROOT = resolve(import.meta.dirname, '../..');
const { resolve: find } = createRequire(import.meta.url);
const inPackage = (name: string, path: string) => join(dirname(find(`${name}/package.json`)), path);

/** The kept viewers: Swagger UI, and AsyncAPI's, without its parser (pages/asyncapi.js). */
const VIEWERS: Readonly<Record<string, string>> = {
  'swagger-ui.css': inPackage('swagger-ui-dist', 'swagger-ui.css'),
  'swagger-ui-bundle.js': inPackage('swagger-ui-dist', 'swagger-ui-bundle.js'),
  'swagger-ui-bundle.js.LICENSE.txt': inPackage('swagger-ui-dist', 'swagger-ui-bundle.js.LICENSE.txt'),
  'swagger-ui-LICENSE.txt': inPackage('swagger-ui-dist', 'LICENSE'),
  'asyncapi.css': inPackage('@asyncapi/react-component', 'styles/default.min.css'),
  'asyncapi.js': inPackage('@asyncapi/react-component', 'browser/standalone/without-parser.js'),
  'asyncapi.js.LICENSE.txt': inPackage(
    '@asyncapi/react-component',
    'browser/standalone/without-parser.js.LICENSE.txt',
  ),
  'asyncapi-LICENSE.txt': inPackage('@asyncapi/react-component', 'LICENSE'),
};

/** Writes all files of `/docs` into a folder: nothing else is needed to serve them. */
export function buildApiDocs(folder: string): void {
  const viewers = join(folder, 'vendor');
  mkdirSync(viewers, { recursive: true });
  cpSync(join(import.meta.dirname, 'pages'), folder, { recursive: true });
  for (const [name, path] of Object.entries(VIEWERS)) cpSync(path, join(viewers, name));
  for (const name of ['openapi.json', 'asyncapi.json']) {
    // Half as large without its spaces.
    const document: object = JSON.parse(readFileSync(join(ROOT, 'docs/api', name), 'utf8'));
    writeFileSync(join(folder, name), linkedText(JSON.stringify(document)));
  }
  for (const [name, path] of Object.entries(TEXTS)) {
    writeFileSync(join(folder, `${name}.html`), pageOfText(path, readFileSync(join(ROOT, path), 'utf8')));
  }
}

/** The documents that the descriptions name are served beside them. */
function linkedText(json: string): string {
  return json.replaceAll(/`?docs\/(\w+)\.md`?(, section \d+)?/g, (words, name: string) =>
    TEXTS[name] === `docs/${name}.md` ? `[${words}](/docs/${name})` : words,
  );
}
