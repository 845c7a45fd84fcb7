import { App, Duration, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { describe, expect, it } from 'vitest';
import { type BeforeSend, ServerlessIm, ServerlessImStack } from '../../lib/index.ts';
import { fillOptions } from '../../lib/options.ts';
import { functionNameOf, resources, synthesize } from './synth.ts';

const HANDLER = 'arn:aws:lambda:eu-central-1:123456789012:function:moderation:live';

function withHook(options: Omit<BeforeSend, 'handler'> = {}): Template {
  const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
  const handler = LambdaFunction.fromFunctionArn(stack, 'Moderation', HANDLER);
  new ServerlessIm(stack, 'Chat', { beforeSend: { handler, ...options } });
  return Template.fromStack(stack);
}

const variablesOf = (template: Template, prefix = 'BEFORE_SEND') =>
  Object.fromEntries(
    resources(template, 'AWS::Lambda::Function').map(({ logicalId, Properties }) => {
      const { Variables = {} } = Properties['Environment'] as { Variables?: Record<string, unknown> };
      const own = Object.entries(Variables).filter(([name]) => name.startsWith(prefix));
      return [functionNameOf(logicalId), Object.fromEntries(own)];
    }),
  );
/** The functions that may invoke one, and which. */
const invokersIn = (template: Template) =>
  resources(template, 'AWS::IAM::Policy').flatMap(({ logicalId, Properties }) => {
    const { Statement } = Properties['PolicyDocument'] as {
      Statement: { Action: string; Resource: unknown }[];
    };
    return Statement.filter(({ Action }) => JSON.stringify(Action).includes('lambda:')).map(
      ({ Action, Resource }) => [/Functions(\w+?)Role/.exec(logicalId)?.[1], Action, Resource],
    );
  });

describe('the option beforeSend', () => {
  it('adds nothing where it is missing: no variable, no permission (IM-HOOK-1)', () => {
    const { template } = synthesize();
    expect(Object.values(variablesOf(template)).filter((own) => Object.keys(own).length > 0)).toEqual([]);
    expect(invokersIn(template)).toEqual([]);
  });

  it('lets exactly the functions that send ask exactly this function, or this alias (IM-HOOK-1)', () => {
    const template = withHook();
    const asking = {
      BEFORE_SEND_FUNCTION: HANDLER,
      BEFORE_SEND_TIMEOUT_MS: '1500',
      BEFORE_SEND_ON_FAILURE: 'reject',
    };
    const all = variablesOf(template);
    expect(Object.entries(all).filter(([, own]) => Object.keys(own).length > 0)).toEqual([
      ['Socket', asking],
      ['Http', asking],
    ]);
    expect(invokersIn(template)).toEqual([
      ['Socket', 'lambda:InvokeFunction', HANDLER],
      ['Http', 'lambda:InvokeFunction', HANDLER],
    ]);
  });

  it('asks about messages of other services only when told to (IM-HOOK-4)', () => {
    const template = withHook({ serviceEvents: true, onFailure: 'accept', timeout: Duration.millis(500) });
    expect(variablesOf(template)['ServeEvents']).toEqual({
      BEFORE_SEND_FUNCTION: HANDLER,
      BEFORE_SEND_TIMEOUT_MS: '500',
      BEFORE_SEND_ON_FAILURE: 'accept',
    });
    expect(invokersIn(template).map(([name]) => name)).toEqual(['Socket', 'Http', 'ServeEvents', 'Admin']);
  });

  it('counts the faults of the HTTP function, too: what passes unseen shows nowhere else (IM-HOOK-2)', () => {
    const filters = (template: Template) =>
      resources(template, 'AWS::Logs::MetricFilter').filter(({ logicalId }) =>
        logicalId.includes('LoggedFaults'),
      );
    const added = (template: Template) =>
      filters(template).filter(({ logicalId }) => logicalId.includes('LoggedFaultsHttp'));
    expect(added(synthesize().template)).toHaveLength(0);
    expect(added(withHook())).toHaveLength(1);
  });

  it.each([
    [{ timeout: Duration.seconds(6) }, 'beforeSend.timeout must be 100 ms to 5 seconds'],
    [{ timeout: Duration.millis(50) }, 'beforeSend.timeout must be 100 ms to 5 seconds'],
    [{ onFailure: 'ignore' as 'accept' }, 'beforeSend.onFailure must be accept or reject'],
  ])('is refused with %o', (options, fault) => {
    const handler = {} as BeforeSend['handler'];
    expect(() => fillOptions({ beforeSend: { handler, ...options } })).toThrow(fault);
  });
});

describe('the option profileSource', () => {
  const withSource = (ttl?: Duration): Template => {
    const stack = new Stack(new App({ context: { 'aws:cdk:bundling-stacks': [] } }), 'Test');
    const handler = LambdaFunction.fromFunctionArn(stack, 'Users', HANDLER);
    new ServerlessIm(stack, 'Chat', { profileSource: { handler, ttl } });
    return Template.fromStack(stack);
  };

  it('lets only the functions that read profiles ask it (IM-PROFILE-3)', () => {
    const template = withSource();
    const readers = ['Http', 'Admin'];
    expect(invokersIn(template)).toEqual(readers.map((name) => [name, 'lambda:InvokeFunction', HANDLER]));
    const all = variablesOf(template, 'PROFILE_SOURCE');
    const source = {
      PROFILE_SOURCE_FUNCTION: HANDLER,
      PROFILE_SOURCE_TIMEOUT_MS: '1000',
      PROFILE_SOURCE_TTL_SECONDS: '3600',
    };
    expect(Object.entries(all).filter(([, own]) => Object.keys(own).length > 0)).toEqual([
      ...readers.map((name) => [name, source]),
      // It refuses to import profiles where another system keeps them.
      ['RunTasks', { PROFILE_SOURCE_TTL_SECONDS: '3600' }],
    ]);
    const without = variablesOf(synthesize().template, 'PROFILE_SOURCE');
    expect(Object.values(without).flatMap((own) => Object.keys(own))).toEqual([]);
  });

  it.each([Duration.seconds(59), Duration.days(31)])('is refused with a ttl of %o', (ttl) => {
    expect(() => withSource(ttl)).toThrow('profileSource.ttl must be one minute to 30 days');
  });
});

describe('the context beforeSend', () => {
  const stackWith = (context: object) =>
    new ServerlessImStack(
      new App({ context: { userPool: true, 'aws:cdk:bundling-stacks': [], ...context } }),
      'Test',
    );

  it('names a module, of which the app makes a function', () => {
    const stack = stackWith({
      beforeSend: 'examples/moderation/handler.ts',
      beforeSendOnFailure: 'accept',
      beforeSendTimeoutMs: 800,
    });
    const template = Template.fromStack(stack);
    const [made] = resources(template, 'AWS::Lambda::Function').filter(({ logicalId }) =>
      logicalId.startsWith('BeforeSend'),
    );
    expect(made?.Properties['Handler']).toBe('index.handler');
    expect(variablesOf(template)['Socket']).toEqual({
      BEFORE_SEND_FUNCTION: { 'Fn::GetAtt': [made?.logicalId, 'Arn'] },
      BEFORE_SEND_TIMEOUT_MS: '800',
      BEFORE_SEND_ON_FAILURE: 'accept',
    });
  });

  it.each([
    ['examples/none.ts', 'beforeSend: there is no file examples/none.ts'],
    ['examples', 'beforeSend: there is no file examples'],
    ['examples/server.ts', 'beforeSend: examples/server.ts has no export "handler"'],
    ['README.md', "beforeSend: README.md can't be bundled: "],
  ])('says in one line what is wrong with %s', (path, fault) => {
    expect(() => stackWith({ beforeSend: path })).toThrow(fault);
    expect(() => stackWith({ beforeSend: path })).toThrow(/^serverless-im: [^\n]*$/);
  });

  it('profileSource names one, too, with its ttl', () => {
    const stack = stackWith({ profileSource: 'examples/profiles/handler.ts', profileSourceTtl: '6h' });
    expect(variablesOf(Template.fromStack(stack), 'PROFILE_SOURCE')['Http']).toMatchObject({
      PROFILE_SOURCE_TTL_SECONDS: '21600',
    });
    expect(() => stackWith({ profileSourceTtl: '6h' })).toThrow('needs profileSource');
  });

  it('is needed by its settings', () => {
    expect(() => stackWith({ beforeSendOnFailure: 'accept' })).toThrow('need beforeSend');
  });
});
