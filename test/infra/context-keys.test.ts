import { App, Stack } from 'aws-cdk-lib';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { runApp } from '../../bin/app.ts';
import cdk from '../../cdk.json' with { type: 'json' };
import { refuseUnknownKeys } from '../../lib/context-keys.ts';

const check = (context: object) => () => refuseUnknownKeys(new App({ context: { ...context } }));

describe('a context key of our own app', () => {
  it.each([
    ['userPol', 'userPool'],
    ['user-pool', 'userPool'],
    ['webpage', 'webPage'],
    ['logRetenton', 'logRetention'],
    ['beforeSendTimeout', 'beforeSendTimeoutMs'],
  ])('that is misspelt is refused with the option that was meant: %s', (key, meant) => {
    expect(check({ userPool: true, [key]: 'true' })).toThrow(
      `serverless-im: unknown option "${key}": did you mean "${meant}"?`,
    );
  });

  it('that is like no option is refused without a guess', () => {
    expect(check({ colour: 'red' })).toThrow(
      'serverless-im: unknown option "colour": docs/operations.md lists all of them',
    );
  });

  it('is refused with all others at once, whatever their values', () => {
    expect(check({ userPol: '', deks: false })).toThrow(/"userPol".*; .*"deks".*"desk"/);
  });

  it('may be of CDK: a feature flag, what it has looked up, and settings of its CLI', () => {
    expect(
      check({
        ...cdk.context,
        'availability-zones:account=111122223333:region=eu-central-1': ['eu-central-1a'],
        'aws:cdk:enable-path-metadata': true,
        'aws-cdk:enableDiffNoFail': true,
        'acknowledged-issue-numbers': [32775],
      }),
    ).not.toThrow();
  });

  it('may be any option, also one that another one needs', () => {
    expect(check({ userPool: true, beforeSendOnFailure: 'accept', webPushKeys: '/keys' })).not.toThrow();
  });
});

describe('the stack of our own app', () => {
  afterEach(() => vi.unstubAllEnvs());

  it.each([
    [{}, 'ServerlessIm'],
    [{ stackName: '' }, 'ServerlessIm'],
    [{ stackName: 'Staging' }, 'Staging'],
  ])('has the name that the key stackName says: %j', (context, name) => {
    // As the CDK's command hands it over; the functions' code has no part in this.
    const all = { userPool: true, 'aws:cdk:bundling-stacks': [], ...context };
    vi.stubEnv('CDK_CONTEXT_JSON', JSON.stringify(all));
    let made: App | undefined;
    runApp((app) => {
      made = app;
    });
    const stacks = made?.node.children.filter((child) => Stack.isStack(child)) ?? [];
    expect(stacks.map(({ stackName }) => stackName)).toEqual([name]);
  });
});
