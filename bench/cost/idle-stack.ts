import { App, Stack } from 'aws-cdk-lib';
import cdk from '../../cdk.json' with { type: 'json' };
import { ServerlessIm } from '../../lib/index.ts';
import type { BilledTemplate } from './idle.ts';

/** The template of a deployment with the default options, without its bundles. */
export function defaultTemplate(options: { readonly desk: boolean }): BilledTemplate {
  // The rules that CDK checks templates by take seconds to load.
  process.env['CDK_VALIDATION'] = 'false';
  const app = new App({ context: { ...cdk.context, 'aws:cdk:bundling-stacks': [] } });
  const stack = new Stack(app, 'Idle');
  new ServerlessIm(stack, 'Chat', options);
  return app.synth().getStackByName(stack.stackName).template as BilledTemplate;
}
