import { readFileSync } from 'node:fs';
import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Code, Function as LambdaFunction, Runtime } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import cdk from '../../cdk.json' with { type: 'json' };
import { ServerlessIm, type ServerlessImProps, ServerlessImStack } from '../../lib/index.ts';
import { statefulIn } from './stateful-resources.ts';

const NO_BUNDLING = { 'aws:cdk:bundling-stacks': [] };
const LIST = new URL('stateful-resources.txt', import.meta.url);

/** The construct as a user's own app has it: under this id, with or without the feature flags of `cdk init`. */
function inOwnApp(props: (stack: Stack) => ServerlessImProps, flags: object = {}): Map<string, string> {
  const stack = new Stack(new App({ context: { ...flags, ...NO_BUNDLING } }), 'Own');
  new ServerlessIm(stack, 'Chat', props(stack));
  return statefulIn(Template.fromStack(stack));
}

/** With everything that keeps something: each part, and the user pool with the page's client. */
function allOptions(stack: Stack): ServerlessImProps {
  const code = Code.fromInline('exports.handler = async () => {}');
  const handler = new LambdaFunction(stack, 'Own', {
    code,
    handler: 'index.handler',
    runtime: Runtime.NODEJS_24_X,
  });
  return {
    webPage: true,
    dashboard: true,
    ...{ events: true, archive: true, historyRetention: Duration.days(30) },
    attachmentScan: true,
    notifications: {
      webPush: { subject: 'mailto:ops@example.com' },
      apnsPlatformArn: 'arn:aws:sns:eu-central-1:111122223333:app/APNS/chat',
    },
    beforeSend: { handler },
    profileSource: { handler },
  };
}

const always = inOwnApp(() => ({}));
const withAll = new Map([...inOwnApp(allOptions, cdk.context)].filter(([id]) => id.startsWith('Chat')));
/** A table whose stream comes by option is in both parts. */
const lines = [
  ...[...always].map(([id, facts]) => `always ${id} ${facts}`),
  ...[...withAll]
    .filter(([id, facts]) => always.get(id) !== facts)
    .map(([id, facts]) => `option ${id} ${facts}`),
];

/** What each difference to the list would do to a deployment. */
function consequences(): string[] {
  const listed = readFileSync(LIST, 'utf8').trim().split('\n');
  const idOf = (line: string) => line.split(' ', 2).join(' ');
  const now = new Map(lines.map((line) => [idOf(line), line]));
  const before = new Map(listed.map((line) => [idOf(line), line]));
  return [
    ...listed
      .filter((line) => !now.has(idOf(line)))
      .map(
        (line) => `GONE: ${line}\n  An update would leave it behind with all that it holds, or delete it.`,
      ),
    ...listed
      .filter((line) => (now.get(idOf(line)) ?? line) !== line)
      .map(
        (line) =>
          `CHANGED: ${line}\n  into:  ${now.get(idOf(line))}\n  An update would be refused, or begin with an empty one.`,
      ),
    ...lines
      .filter((line) => !before.has(idOf(line)))
      .map((line) => `NEW: ${line}\n  Once it is released, it keeps this id.`),
  ];
}

describe('the resources that hold data, or whose address others know', () => {
  it('have the same logical ids, keys, and names as in the releases before', async () => {
    const message = [
      'Deployments would lose data, or their address (docs/upgrading.md):',
      ...consequences(),
      'If an id has changed by a refactoring, give the construct its former path. If it is meant: GONE and CHANGED need a new',
      'major version, and a row in docs/upgrading.md that says how to move the data; NEW needs nothing. Then write the list anew:',
      'npx vitest run --project infra test/infra/stateful.test.ts -u (and git diff)',
    ].join('\n');
    await expect(`${lines.join('\n')}\n`, message).toMatchFileSnapshot(LIST.pathname);
  });

  it('are a part of those of a deployment with every option, without an option', () => {
    expect([...always].filter(([id]) => !withAll.has(id))).toEqual([]);
  });

  it('have the same ids in the stack of the repository, and whatever feature flags an app has', () => {
    const context = { ...cdk.context, ...NO_BUNDLING, userPool: true };
    const own = Template.fromStack(new ServerlessImStack(new App({ context }), 'ServerlessIm'));
    expect(statefulIn(own)).toEqual(always);
    expect(inOwnApp(() => ({}), cdk.context)).toEqual(always);
  });
});
