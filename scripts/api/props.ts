/** The parts of typedoc's JSON that the page of props needs. */
interface Comment {
  readonly summary?: readonly { readonly text: string }[];
  readonly blockTags?: readonly {
    readonly tag: string;
    readonly content: readonly { readonly text: string }[];
  }[];
}

interface Type {
  readonly type: string;
  readonly name?: string;
  readonly value?: unknown;
  readonly types?: readonly Type[];
  readonly elementType?: Type;
  readonly target?: Type;
  readonly typeArguments?: readonly Type[];
}

export interface Reflection {
  readonly name: string;
  readonly kind: number;
  readonly children?: readonly Reflection[];
  readonly comment?: Comment;
  readonly type?: Type;
  readonly flags?: { readonly isOptional?: boolean };
  readonly inheritedFrom?: { readonly name: string };
}

/** Sections of props by the interface that declares them, or by name. All others are of the last one. */
const GROUPS: Readonly<Record<string, readonly string[]>> = {
  'Users and tokens': ['issuer', 'audience', 'jwksUri', 'userIdClaim', 'rolesClaim'],
  Connections: [
    ...['allowedOrigins', 'domain', 'maxDevices', 'duplicateLogin', 'lease', 'idleTimeoutMs'],
    ...['webSocketThrottle', 'httpThrottle', 'routeThrottles', 'pollConcurrency'],
  ],
  Messages: ['historyRetention', 'inboxTtl', 'editWindow', 'offlineConcurrency'],
  Budgets: ['userBudget', 'strangersPerDay', 'unlimitedRoles'],
  'Files of messages': ['AttachmentProps'],
  Notifications: ['NotificationProps'],
  Desk: ['desk', 'deskQueues', 'deskAgentGrace'],
  'Web page': ['webPage', 'webPageClientId', 'webPageScope', 'widgetOrigins'],
  'Other systems': ['PlatformProps', 'HookProps'],
  Tables: ['retain', 'messageTableClass', 'warmThroughput', 'maxThroughput'],
  Security: ['SecurityProps'],
  Operations: [],
};

const KIND_OF_INTERFACE = 256;

/** The reference of the construct's props, from typedoc's JSON of `lib/*props.ts`. @throws {Error} if a prop lacks words */
export function propsPage(project: Reflection): string {
  const types = new Map(
    (project.children ?? []).flatMap(({ children = [] }) => children).map((one) => [one.name, one]),
  );
  const props = types.get('ServerlessImProps')?.children ?? [];
  const byGroup = Map.groupBy(props, groupOf);
  const groups = Object.keys(GROUPS).filter((group) => byGroup.has(group));
  const sections = groups.map(
    (group) => `## ${group}\n\n${(byGroup.get(group) ?? []).map(propText).join('\n')}`,
  );
  return [HEAD, ...sections, `## Types\n\n${typesOf(props, types)}`].join('\n');
}

const HEAD = `# Options of the construct

Generated from the docstrings of \`lib/*props.ts\` by \`npm run docs\`. All options of \`ServerlessIm\` are optional, and none costs anything that it does not name.
The repository's own app takes the same as context keys (\`npx cdk deploy -c KEY=VALUE\`, [operations.md](../operations.md)).

\`\`\`ts
import { ServerlessIm } from 'serverless-im';

new ServerlessIm(stack, 'Chat', { allowedOrigins: ['https://chat.example.com'] });
\`\`\`
`;

function groupOf({ name, inheritedFrom }: Reflection): string {
  const [declaredBy = ''] = inheritedFrom?.name.split('.') ?? [];
  const found = Object.entries(GROUPS).find(
    ([, names]) => names.includes(name) || names.includes(declaredBy),
  );
  return found?.[0] ?? 'Operations';
}

function propText(prop: Reflection): string {
  const { name, comment = {}, type } = prop;
  const [fallback, example] = [tagOf(comment, 'default'), tagOf(comment, 'example')];
  if (fallback === undefined || example === undefined)
    throw new Error(`The option ${name} needs a @default and an @example in lib/*props.ts.`);
  const fails = tagOf(comment, 'throws');
  return [
    `### \`${name}\``,
    '',
    `\`${typeText(type)}\``,
    '',
    summaryOf(comment),
    '',
    `- Default: ${defaultText(fallback)}`,
    ...(fails === undefined ? [] : [`- An error: ${fails.replace(/^\{InvalidOptionsError\}\s*/, '')}`]),
    `- Example: \`${name}: ${example}\``,
    '',
  ].join('\n');
}

/** `value - words`, of which either may be missing. */
function defaultText(text: string): string {
  const [, value = '', words] = /^(.*?)(?:(?:^| )- (.*))?$/.exec(text) ?? [];
  return [value && `\`${value}\``, words].filter(Boolean).join(': ');
}

/** The types that the options name, and those that these name, if they have fields. */
function typesOf(props: readonly Reflection[], types: ReadonlyMap<string, Reflection>): string {
  const named = new Map<string, Reflection>();
  const look = (fields: readonly Reflection[]) => {
    for (const name of fields.flatMap(({ type }) => namesIn(type))) {
      const found = types.get(name);
      if (found?.kind !== KIND_OF_INTERFACE || named.has(name)) continue;
      named.set(name, found);
      look(found.children ?? []);
    }
  };
  look(props);
  return [...named.values()].map(typeSection).join('\n');
}

function typeSection({ name, comment = {}, children = [] }: Reflection): string {
  const rows = children.map((field) => {
    const fallback = tagOf(field.comment ?? {}, 'default');
    const meaning = [
      summaryOf(field.comment ?? {}),
      ...(fallback === undefined ? [] : [`Default: ${defaultText(fallback)}.`]),
    ].join(' ');
    const type = typeText(field.type).replaceAll('|', '\\|');
    return `| \`${field.name}${field.flags?.isOptional ? '?' : ''}\` | \`${type}\` | ${meaning} |`;
  });
  const words = summaryOf(comment);
  return [
    `### ${name}`,
    '',
    ...(words === '' ? [] : [words, '']),
    ...['| field | type | |', '|---|---|---|', ...rows, ''],
  ].join('\n');
}

function namesIn(type: Type | undefined): readonly string[] {
  if (type === undefined) return [];
  const inner = [...(type.types ?? []), ...(type.typeArguments ?? []), type.elementType, type.target];
  return [...(type.type === 'reference' ? [type.name ?? ''] : []), ...inner.flatMap(namesIn)];
}

const summaryOf = ({ summary = [] }: Comment) =>
  summary
    .map(({ text }) => text)
    .join('')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();

function tagOf({ blockTags = [] }: Comment, tag: string): string | undefined {
  const found = blockTags.find((one) => one.tag === `@${tag}`);
  const text = found?.content.map((part) => part.text).join('');
  return text
    ?.replaceAll(/^```ts\n|\n```$/g, '')
    .replaceAll(/\s*\n\s*/g, ' ')
    .trim();
}

function typeText(type: Type | undefined): string {
  switch (type?.type) {
    case 'union': {
      const names = type.types?.map(typeText) ?? [];
      // `false | true`, as typedoc has a boolean, and what `exactOptionalPropertyTypes` needs.
      return names
        .filter((name) => name !== 'undefined')
        .join(' | ')
        .replace('false | true', 'boolean');
    }
    case 'array':
      return `${typeText(type.elementType)}[]`;
    case 'typeOperator':
      return typeText(type.target);
    case 'literal':
      return type.value === null ? 'null' : JSON.stringify(type.value).replaceAll('"', "'");
    case 'reference':
      return type.typeArguments
        ? `${type.name}<${type.typeArguments.map(typeText).join(', ')}>`
        : (type.name ?? '');
    default:
      return type?.name ?? 'object';
  }
}
