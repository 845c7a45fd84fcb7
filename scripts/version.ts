/**
 * `npm run version`: raises the version of both packages as the changesets say, and gives the unreleased changes of
 * CHANGELOG.md that version and today's date.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';

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
  execFileSync('npm', ['install', '--package-lock-only', '--no-audit', '--no-fund'], { stdio: 'inherit' });
}
