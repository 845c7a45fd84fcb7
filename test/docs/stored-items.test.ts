import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { DATA_VERSION } from '../../lambdas/shared/data-version.ts';
import {
  changesOf,
  formatCatalogue,
  goneFrom,
  type Item,
  kindsOf,
  parseCatalogue,
} from '../emulator/adapters/stored-items.ts';

const LIST = readFileSync('test/fixtures/stored-items.txt', 'utf8');
const KEYS = ['pk', 'sk'];
const stored = (...items: readonly Item[]) => kindsOf('Conversations', KEYS, items);
const aHead = (overrides: Item = {}): Item => ({
  ...{ pk: 'dm:alice:bob', sk: 'head', head: 1, tail: 'alice#c', 'l#alice': 1 },
  ...overrides,
});

describe('the list of what is stored', () => {
  it('is read as it is written, and knows no user, group, or time', () => {
    expect(formatCatalogue(parseCatalogue(LIST))).toBe(LIST);
    const text = formatCatalogue({
      dataVersion: 7,
      items: stored(
        aHead(),
        aHead({ blockedBy: new Set(['bob']), settings: { version: 1, notify: 'all' }, head: '1' }),
        { pk: 'u#alice', sk: '#left#000001#g:01HF7YAT00A1B2C3D4E5F6G7H8', ttl: 1 },
        { pk: 'task#c', sk: 'task', counts: { messages: 1 }, names: ['a'] },
      ),
    });
    expect(text).toBe(`data version 7
Conversations <direct> head
  blockedBy: set of strings, optional
  head: number or string
  l#<id>: number
  settings: map, optional
  settings.notify: string, optional
  settings.version: number, optional
  tail: string
Conversations task#<id> task
  counts: map
  names: list
Conversations u#<id> #left#<number>#<group>
  ttl: number
`);
  });

  it.each<[string, Item, string, boolean]>([
    ['another attribute in some items', { topic: 'x' }, 'topic of Conversations <direct> head is new', false],
    ['another type', { head: '1' }, 'head of Conversations <direct> head is a number or string', true],
    ['a part of a map', { settings: { notify: 'all' } }, 'settings.notify of', false],
    ['another kind', { sk: 'tail' }, 'a new kind of item, Conversations <direct> <id>', false],
    ['another prefix', { pk: 'x#alice' }, 'a new kind of item, Conversations <id>#<id> head', false],
  ])('tells of %s', (_, overrides, what, breaks) => {
    const changes = changesOf(stored(aHead()), stored(aHead(), aHead(overrides)));
    expect(changes.map((change) => change.what).join()).toContain(what);
    expect(changes[0]).toMatchObject({ breaks });
  });

  it('tells of what an earlier release looks for in each item, and what its own items have not', () => {
    const { tail: _, ...without } = aHead();
    expect(changesOf(stored(aHead()), stored(without))).toEqual([
      { what: 'tail of Conversations <direct> head is not in each item any more', breaks: true },
    ]);
    expect(changesOf(stored(without), stored(aHead()))).toEqual([
      { what: 'tail of Conversations <direct> head is new, a string in each item', breaks: true },
    ]);
    expect(goneFrom(stored(aHead()), stored())).toMatchObject([{ breaks: true }]);
  });

  it('takes a part of the tests, which stores less', () => {
    const all = stored(aHead(), aHead({ topic: 'x' }), { pk: 'p#alice', sk: 'profile' });
    expect(changesOf(all, stored(aHead()))).toEqual([]);
    expect(changesOf(all, stored(aHead({ topic: 'x' })))).toEqual([]);
    expect(changesOf(all, stored())).toEqual([]);
  });

  it('has the data version, which docs/upgrading.md tells of', () => {
    expect(parseCatalogue(LIST).dataVersion).toBe(DATA_VERSION);
    const rows = [...readFileSync('docs/upgrading.md', 'utf8').matchAll(/^\| (\d+) \|/gm)];
    expect(Math.max(...rows.map(([, version]) => Number(version)))).toBe(DATA_VERSION);
  });
});
