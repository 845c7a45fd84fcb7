import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
// Under the CDK CLI its values come anyway, and win; run directly (as `npm start` does), the app sees the same flags.
import cdk from '../cdk.json' with { type: 'json' };
import { InvalidOptionsError, ServerlessImStack } from '../lib/index.ts';

try {
  const app = new App({ context: cdk.context });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new ServerlessImStack(app, 'ServerlessIm');
} catch (error) {
  if (!(error instanceof InvalidOptionsError)) throw error;
  console.error(error.message);
  // At once: an app that is left to end synthesizes what it has so far.
  process.exit(1);
}
