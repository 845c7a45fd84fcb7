/**
 * `npm run version`: raises the version of both packages as the changesets say, and gives the unreleased changes of
 * CHANGELOG.md that version and today's date. The examples, which are no workspaces, get the new packages, too.
 */
import { execFileSync } from 'node:child_process';
import { globSync, readFileSync, writeFileSync } from 'node:fs';

const UNRELEASED = '## Unreleased';

function versionOf(): string {
  return JSON.parse(readFileSync('package.json', 'utf8')).version;
}

const before = versionOf();
execFileSync('changeset', ['version'], { stdio: 'inherit' });
const version = versionOf();
if (version !== before) {
  const changelog = readFileSync('CHANGELOG.md', 'utf8');
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync('CHANGELOG.md', changelog.replace(UNRELEASED, `${UNRELEASED}\n\n## ${version} - ${today}`));
  for (const file of globSync('examples/*/package.json')) {
    const manifest = readFileSync(file, 'utf8');
    writeFileSync(
      file,
      manifest.replaceAll(/("(?:@serverless-im\/client|serverless-im)": )".*"/g, `$1"^${version}"`),
    );
  }
  execFileSync('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { stdio: 'inherit' });
}
