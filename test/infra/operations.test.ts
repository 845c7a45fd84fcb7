import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { App, Duration } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { HTTP_LOG_FIELDS, WEB_SOCKET_LOG_FIELDS } from '../../lib/access-log.ts';
import { optionKeys } from '../../lib/context-keys.ts';
import { ServerlessImStack } from '../../lib/index.ts';
import { alarmsIn } from './alarms.ts';
import { REPOSITORY } from './run-node.ts';
import { EXTERNAL_ISSUER, functionNameOf, resources, synthesize } from './synth.ts';

const { template } = synthesize(EXTERNAL_ISSUER);
const { template: withoutDesk } = synthesize({ ...EXTERNAL_ISSUER, desk: false });
/** With every option that has a section of its own. */
const { template: platform } = synthesize({
  ...EXTERNAL_ISSUER,
  events: true,
  notifications: { webPush: { subject: 'mailto:ops@example.com' } },
  attachmentScan: true,
  archive: true,
  historyRetention: Duration.days(30),
});
const read = (path: string) => readFileSync(join(REPOSITORY, path), 'utf8');
const OPERATIONS = read('docs/operations.md');
const VERIFY = read('docs/verify-on-aws.md');

/** Anchors as GitHub derives them from headings. */
const anchorOf = (heading: string) =>
  heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, '')
    .replaceAll(' ', '-');

function section(heading: string): string {
  const [, text = ''] = OPERATIONS.split(`\n## ${heading}\n`);
  return text.split(/^## /m)[0] ?? '';
}

const allOf = (text: string, pattern: RegExp) => [...text.matchAll(pattern)].map(([, found = '']) => found);
const sorted = (values: Iterable<string>) => [...new Set(values)].sort();

describe('the runbook in docs/operations.md', () => {
  it('has a section for every alarm, named in its description, and no other', () => {
    const named = alarmsIn(platform).map(({ properties }) => {
      const [, anchor] = /Runbook: docs\/operations\.md#(\S+)$/.exec(properties.AlarmDescription) ?? [];
      return anchor ?? 'none';
    });
    const headings = allOf(section('Runbook'), /^### (.*)$/gm);
    expect(headings.length).toBeGreaterThan(5);
    expect(sorted(named)).toEqual(headings.map(anchorOf).sort());
  });

  it('has the price of the alarms: their number and their metrics, with a desk and without', () => {
    const counts = [template, withoutDesk].flatMap((from) => {
      const alarms = alarmsIn(from);
      return [alarms.length, alarms.reduce((count, { metrics }) => count + metrics.length, 0)];
    });
    const words = { ten: 10, nine: 9 } as Record<string, number>;
    const [, ...stated] =
      /There are (\w+)\s+alarms over (\d+)\s+metrics, or (\w+)\s+over (\d+)\s+without a\s+desk/.exec(
        OPERATIONS,
      ) ?? [];
    expect(stated.map((word) => words[word] ?? Number(word))).toEqual(counts);
  });
});

describe('docs/operations.md', () => {
  it('lists every context key', () => {
    const table = section('Deploy, update, tear down');
    expect(optionKeys(new App()).filter((key) => !table.includes(`\`${key}\``))).toEqual([]);
  });

  it('names, for every function, the alarm that shows its failure', () => {
    const rows = section('Functions that fail or are not run')
      .split('\n')
      .filter((line) => line.startsWith('| '));
    const named = rows.slice(1).flatMap((row) => allOf(row.split('|')[2] ?? '', /`(\w+)`/g));
    const functions = resources(platform, 'AWS::Lambda::Function').map(({ logicalId }) =>
      functionNameOf(logicalId),
    );
    expect(named.sort()).toEqual(functions.sort());
  });

  it('lists every line that the functions log, by message and level', () => {
    const sources = globSync('lambdas/**/*.ts', { cwd: REPOSITORY }).map(read).join('\n');
    const jobs = allOf(sources, /processBatch\('([^']+)'/g);
    const answered = allOf(sources, /answerService\('([^']+)'/g);
    const calls = allOf(sources, /outcomeOf\('([^']+)'/g);
    const logged = [
      ...jobs.flatMap((job) => [`ERROR malformed ${job}`, `WARN ${job} retried`, `ERROR ${job} failed`]),
      ...answered.flatMap((name) => [`ERROR ${name} failed`, `WARN ${name} refused`]),
      ...calls.flatMap((call) => [`WARN ${call} failed`, `WARN ${call} throttled`]),
      ...[...sources.matchAll(/logger\.(\w+)\('([^']+)'/g)].map(
        ([, level = '', message = '']) => `${level.toUpperCase()} ${message}`,
      ),
    ];
    const listed = section('Log lines of the functions')
      .split('\n')
      .filter((line) => line.startsWith('| `') && !line.startsWith('| `message`'))
      .flatMap((row) => {
        const [, messages = '', level = ''] = row.split('|');
        return allOf(messages, /`([^`]+)`/g).map((message) => `${level.trim()} ${message}`);
      });
    expect(listed.sort()).toEqual(sorted(logged));
  });

  it('and the verification list name only resources and outputs that a stack has', () => {
    const stack = Template.fromStack(
      new ServerlessImStack(
        new App({
          context: {
            'aws:cdk:bundling-stacks': [],
            userPool: true,
            webPage: true,
            events: true,
            archive: true,
            dashboard: true,
            historyRetention: '30d',
            attachmentScan: true,
            webPushSubject: 'mailto:ops@example.com',
          },
        }),
        'ServerlessIm',
      ),
    );
    const text = `${OPERATIONS}\n${VERIFY}`;
    const named = [...text.matchAll(/\$\(res (\w+) (AWS::\w+::\w+)\)/g)];
    expect(named.length).toBeGreaterThan(15);
    const missing = named.filter(
      ([, part = '', type = '']) => !resources(stack, type).some(({ logicalId }) => logicalId.includes(part)),
    );
    expect(missing.map(([command]) => command)).toEqual([]);
    const outputs = Object.keys(stack.toJSON()['Outputs']);
    expect(allOf(text, /\$\(out (\w+)\)/g).filter((name) => !outputs.includes(name))).toEqual([]);
    const workers = allOf(text, /(?:WORKER=|DeadLetterQueueUrl, )(\w+)/g);
    expect(workers).toEqual(['StoreOffline', 'FanOut', 'RunTasks', 'ServeEvents', 'Notify', 'MatchDesk']);
  });

  it('and the verification list query only log fields that exist', () => {
    const OWN_FIELDS = [
      'level',
      'service',
      'message',
      'error',
      'recordId',
      'code',
      'isRefused',
      'connectionId',
      'routeKey',
      'queue',
      'longestWaitSeconds',
      'userHash',
      'caller',
      'action',
      'target',
      'outcome',
      'host',
      'status',
      'provider',
      'name',
    ];
    const fieldsOf = (groups: string) => {
      if (/WebSocketAccessLog|SOCKET_LOG/.test(groups)) return Object.keys(WEB_SOCKET_LOG_FIELDS);
      if (/HttpAccessLog|HTTP_LOG/.test(groups)) return Object.keys(HTTP_LOG_FIELDS);
      return [...OWN_FIELDS, 'type', 'record'];
    };
    const queries = [...`${OPERATIONS}\n${VERIFY}`.matchAll(/ask '([^']*)' (\$.*?)(?:`|$)/gm)];
    expect(queries.length).toBeGreaterThan(15);
    for (const [, query = '', groups = ''] of queries) {
      const unknown = fieldsIn(query).filter((field) => !fieldsOf(groups).includes(field));
      expect([query, unknown]).toEqual([query, []]);
    }
  });

  it('queries only messages that it lists', () => {
    const asked = allOf(`${OPERATIONS}\n${VERIFY}`, /message = "([^"]+)"/g);
    const log = section('Log lines of the functions');
    expect(asked.length).toBeGreaterThan(3);
    expect(asked.filter((message) => !log.includes(`\`${message}\``))).toEqual([]);
  });
});

/** CloudWatch Logs Insights commands and functions that the queries use. */
const LANGUAGE = new Set(
  'filter like stats count_distinct fields sort limit by as and or not asc desc count pct max bin ispresent'.split(
    ' ',
  ),
);

/** The log fields in a query, without keywords, strings, and aliases. */
function fieldsIn(query: string): string[] {
  const words = query.replaceAll(/"[^"]*"/g, '').match(/@?[A-Za-z][\w.]*|\b\d+m\b/g) ?? [];
  const given = allOf(query, /\bas (\w+)/g);
  return words
    .filter((word) => !LANGUAGE.has(word) && !given.includes(word) && !/^@|^\d/.test(word))
    .map((word) => word.split('.')[0] ?? word);
}

const headingsOf = (page: string) => allOf(read(page).replaceAll(/^```.*?^```/gms, ''), /^#+ (.*)$/gm);

describe.each(['docs/operations.md', 'docs/verify-on-aws.md', 'docs/faults.md'])('%s', (page) => {
  it('links only to headings that exist', () => {
    const links = [...read(page).matchAll(/\]\(([\w/.-]*\.md)?#([^)]+)\)/g)];
    const dead = links.filter(([, file, anchor = '']) => {
      const headings = headingsOf(file === undefined ? page : `docs/${file}`);
      return !headings.map(anchorOf).includes(anchor);
    });
    expect(dead.map(([link]) => link)).toEqual([]);
  });
});
