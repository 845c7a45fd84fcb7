import { App, Stack, type StackProps } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import cdk from '../../cdk.json' with { type: 'json' };
import { ServerlessIm, type ServerlessImProps } from '../../lib/index.ts';

/** CDK's own validation takes seconds to start; `app.test.ts` has it on. */
process.env['CDK_VALIDATION'] = 'false';

/** The flags of cdk.json, without bundling; `app.test.ts` checks the assets. */
const CONTEXT = { ...cdk.context, 'aws:cdk:bundling-stacks': [] };

export interface Synthesized {
  readonly app: App;
  readonly chat: ServerlessIm;
  readonly template: Template;
}

const made = new Map<string, Synthesized>();

/** A stack with the construct and nothing else. Tests of one worker share it, so they only read it. */
export function synthesize(props: ServerlessImProps = {}, stackProps: StackProps = {}): Synthesized {
  const key = keyOf([props, stackProps]);
  if (key === undefined) return synthesizeAnew(props, stackProps);
  const known = made.get(key) ?? synthesizeAnew(props, stackProps);
  made.set(key, known);
  return known;
}

/** Undefined for props that name parts of an app. */
function keyOf(props: unknown): string | undefined {
  try {
    return JSON.stringify(props);
  } catch {
    return undefined;
  }
}

/** A stack that a test may change. */
export function synthesizeAnew(props: ServerlessImProps = {}, stackProps: StackProps = {}): Synthesized {
  const app = new App({ context: CONTEXT });
  const stack = new Stack(app, 'Test', stackProps);
  const chat = new ServerlessIm(stack, 'Chat', props);
  return { app, chat, template: Template.fromStack(stack) };
}

export const EXTERNAL_ISSUER = {
  issuer: 'https://issuer.example.com/',
  audience: ['im', 'im-staging'],
} as const;

/** A resource of the template. */
export interface Resource {
  readonly logicalId: string;
  readonly Properties: Record<string, unknown>;
  readonly DeletionPolicy?: string;
  readonly DependsOn?: readonly string[];
}

/** All resources of a type. */
export function resources(template: Template, type: string): readonly Resource[] {
  const found = template.findResources(type) as Record<string, Omit<Resource, 'logicalId'>>;
  return Object.entries(found).map(([logicalId, resource]) => ({ logicalId, ...resource }));
}

/** The one resource of a type whose logical id contains a text. */
export function resource(template: Template, type: string, part: string): Resource {
  const found = resources(template, type).filter(({ logicalId }) => logicalId.includes(part));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new Error(`${found.length} resources ${type} with "${part}"`);
  return only;
}

/** A function, by its name in Pascal case: `Socket`. */
export function functionNameOf(logicalId: string): string {
  return /Functions(\w+)[0-9A-F]{8}$/.exec(logicalId)?.[1] ?? logicalId;
}

/** The log group of a function, by the function's name in Pascal case. */
export function logGroupOf(template: Template, functionName: string): string {
  const { Properties } = resource(template, 'AWS::Lambda::Function', `Functions${functionName}`);
  return (Properties['LoggingConfig'] as { LogGroup: { Ref: string } }).LogGroup.Ref;
}

/** Resources of one of the two APIs: its `Route`s, its `Integration`s, … */
export function ofApi(template: Template, api: string, type: string): readonly Resource[] {
  const { logicalId } = resource(template, 'AWS::ApiGatewayV2::Api', api);
  return resources(template, `AWS::ApiGatewayV2::${type}`).filter(
    ({ Properties }) => (Properties['ApiId'] as { Ref: string }).Ref === logicalId,
  );
}
