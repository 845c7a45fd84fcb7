/*
 * What the stack keeps in its tables: the kinds of items by the patterns of their keys, and their attributes with types. A test run
 * compares what it has stored with the list in test/fixtures/stored-items.txt, which an earlier release reads, too (ADR 62).
 */

export type Item = Readonly<Record<string, unknown>>;

export interface Attribute {
  readonly type: string;
  /** Some of the items have it not. */
  readonly isOptional: boolean;
}

export type Attributes = ReadonlyMap<string, Attribute>;
/** By kind. */
export type StoredItems = ReadonlyMap<string, Attributes>;

export interface Catalogue {
  readonly dataVersion: number;
  readonly items: StoredItems;
}

/** What a key or a name begins with, before an id. */
const PREFIXES = new Set([
  ...['a', 'c', 'd', 'l', 'm', 'o', 'p', 'q', 'r', 't', 'u', 'w', 'z'],
  ...['block', 'changedAt', 'contact', 'count', 'event', 'files', 'left', 'push', 'report', 'reported'],
  ...['scan', 'task', 'user.banned', 'user.unbanned', 'user.erased'],
]);
/** Whole keys. */
const WORDS = new Set([
  '#pins',
  'admin.called',
  'agent',
  'group.deleted',
  'head',
  'p',
  'profile',
  'scan',
  'task',
]);

/** A key, or the name of an attribute, without the ids in it. */
function patternOf(key: string): string {
  if (WORDS.has(key)) return key;
  const parts = key.split('#');
  const last = parts.length - 1;
  return parts
    .map((part, index) => {
      if (part === '' || (index < last && PREFIXES.has(part))) return part;
      if (part.startsWith('dm:')) return '<direct>';
      if (part.startsWith('g:')) return '<group>';
      if (part.startsWith('cs:')) return '<chat>';
      return last > 0 && /^\d+$/.test(part) ? '<number>' : '<id>';
    })
    .join('#');
}

const nameOf = (name: string) => (/^[A-Za-z]+$/.test(name) ? name : patternOf(name));

/** Maps whose names are data: what a task has counted. */
const OPEN = new Set(['counts']);

function typeOf(value: unknown): string {
  if (value instanceof Set) return `set of ${typeOf([...value][0])}s`;
  if (Array.isArray(value)) return 'list';
  if (value instanceof Uint8Array) return 'bytes';
  if (value === null) return 'null';
  return typeof value === 'object' ? 'map' : typeof value;
}

/** With the parts of maps, as `map.part`. */
function attributesOf(item: Item, prefix = ''): [string, string][] {
  return Object.entries(item).flatMap(([name, value]) => {
    const path = prefix + nameOf(name);
    const type = typeOf(value);
    const parts = type === 'map' && !OPEN.has(name) ? attributesOf(value as Item, `${path}.`) : [];
    return [[path, type] as [string, string], ...parts];
  });
}

/** The kinds of these items. @param keys the names of the table's key */
export function kindsOf(table: string, keys: readonly string[], items: readonly Item[]): StoredItems {
  const found = new Map<
    string,
    { items: number; readonly seen: Map<string, { type: string; in: number }> }
  >();
  for (const item of items) {
    const kind = [table, ...keys.map((name) => patternOf(String(item[name])))].join(' ');
    const known = found.get(kind) ?? { items: 0, seen: new Map() };
    known.items += 1;
    found.set(kind, known);
    const facts = Object.entries(item).filter(([name]) => !keys.includes(name));
    for (const [path, type] of new Map(attributesOf(Object.fromEntries(facts)))) {
      const { type: before = type, in: count = 0 } = known.seen.get(path) ?? {};
      const types = new Set([...before.split(' or '), type]);
      known.seen.set(path, { type: [...types].sort().join(' or '), in: count + 1 });
    }
  }
  return new Map(
    [...found].map(([kind, { items: count, seen }]) => {
      const attributes = [...seen].map(
        ([path, { type, in: times }]) => [path, { type, isOptional: times < count }] as const,
      );
      return [kind, new Map(attributes)] as const;
    }),
  );
}

/** A change of what is stored. */
export interface Change {
  readonly what: string;
  /** An earlier release reads the items otherwise, or items of an earlier one are otherwise. */
  readonly breaks: boolean;
}

/** How what a run has stored, perhaps a part of the tests, is not as the list has it. */
export function changesOf(listed: StoredItems, stored: StoredItems): readonly Change[] {
  return [...stored].flatMap(([kind, attributes]) => {
    const before = listed.get(kind);
    if (before === undefined) return [{ what: `a new kind of item, ${kind}`, breaks: false }];
    const added = [...attributes].flatMap(([path, { type, isOptional }]): Change[] => {
      const known = before.get(path);
      const of = `${path} of ${kind}`;
      if (known === undefined)
        return [{ what: `${of} is new, a ${type}${isOptional ? '' : ' in each item'}`, breaks: !isOptional }];
      const isOther = type.split(' or ').some((one) => !known.type.split(' or ').includes(one));
      return isOther ? [{ what: `${of} is a ${type}, and was a ${known.type}`, breaks: true }] : [];
    });
    const missing = [...before].flatMap(([path, known]): Change[] =>
      known.isOptional || attributes.get(path)?.isOptional === false
        ? []
        : [{ what: `${path} of ${kind} is not in each item any more`, breaks: true }],
    );
    return [...added, ...missing];
  });
}

/** What the whole of the tests has not stored. */
export function goneFrom(listed: StoredItems, stored: StoredItems): readonly Change[] {
  return [...listed.keys()]
    .filter((kind) => !stored.has(kind))
    .map((kind) => ({ what: `nothing stores ${kind} any more`, breaks: true }));
}

const VERSION = /^data version (\d+)$/;

export function formatCatalogue({ dataVersion, items }: Catalogue): string {
  const byName = ([a]: readonly [string, unknown], [b]: readonly [string, unknown]) => (a < b ? -1 : 1);
  const lines = [...items]
    .sort(byName)
    .flatMap(([kind, attributes]) => [
      kind,
      ...[...attributes]
        .sort(byName)
        .map(([path, { type, isOptional }]) => `  ${path}: ${type}${isOptional ? ', optional' : ''}`),
    ]);
  return `${[`data version ${dataVersion}`, ...lines].join('\n')}\n`;
}

export function parseCatalogue(text: string): Catalogue {
  const [first = '', ...lines] = text.trimEnd().split('\n');
  const items = new Map<string, Map<string, Attribute>>();
  let attributes = new Map<string, Attribute>();
  for (const line of lines) {
    const [, path = '', type = '', optional] = /^ {2}(.+?): (.+?)(, optional)?$/.exec(line) ?? [];
    if (path === '') {
      attributes = new Map();
      items.set(line, attributes);
    } else attributes.set(path, { type, isOptional: optional !== undefined });
  }
  return { dataVersion: Number(VERSION.exec(first)?.[1]), items };
}
