import { posix } from 'node:path';
import { Marked, type Tokens } from 'marked';
import { headingAnchors } from '../heading-anchors.ts';

/** The texts that are served, by their names in `/docs`. */
export const TEXTS: Readonly<Record<string, string>> = {
  protocol: 'docs/protocol.md',
  guarantees: 'docs/guarantees.md',
  glossary: 'docs/glossary.md',
  operations: 'docs/operations.md',
  mobile: 'docs/mobile.md',
  props: 'docs/api/props.md',
  sdk: 'client/docs/README.md',
  'sdk-index': 'client/docs/index.md',
  'sdk-react': 'client/docs/react.md',
  'sdk-desk': 'client/docs/desk.md',
  'sdk-polling': 'client/docs/polling.md',
  'sdk-admin': 'client/docs/admin.md',
};

const NAMES = new Map(Object.entries(TEXTS).map(([name, path]) => [path, name]));

/** The page of a text, with its links to other texts that are served. */
export function pageOfText(path: string, text: string): string {
  const anchorOf = headingAnchors();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth, text: heading }: Tokens.Heading) {
        const id = anchorOf(heading);
        return `<h${depth} id="${id}">${this.parser.parseInline(tokens)}</h${depth}>\n`;
      },
      link({ href, tokens }: Tokens.Link) {
        const words = this.parser.parseInline(tokens);
        const target = servedAt(path, href);
        return target === undefined ? words : `<a href="${target}">${words}</a>`;
      },
      image: ({ text: words }: Tokens.Image) => words,
    },
  });
  const title = /^# (.*)$/m.exec(text)?.[1] ?? path;
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <link rel="icon" type="image/svg+xml" href="/icon.svg" />
    <link rel="stylesheet" href="/docs/style.css" />
    <title>${title} · serverless-im</title>
  </head>
  <body>
    <header class="bar"><a href="/docs">Reference</a></header>
    <main class="text">
${marked.parse(text.replaceAll(/<!--.*?-->\n?/gs, '')) as string}
    </main>
  </body>
</html>
`;
}

/** Where a link of a text leads here; nowhere if its target is not served. */
function servedAt(path: string, href: string): string | undefined {
  if (/^[a-z]+:/.test(href)) return href;
  const [file = '', anchor] = href.split('#');
  const name = file === '' ? '' : NAMES.get(posix.join(posix.dirname(path), file));
  if (name === undefined) return undefined;
  return `${name === '' ? '' : `/docs/${name}`}${anchor === undefined ? '' : `#${anchor}`}`;
}
