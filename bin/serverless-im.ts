import { App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
// The CDK CLI passes the context of cdk.json itself, and its values win. `npm start` runs the app without the CLI, so the
// context is passed here, too.
import cdk from '../cdk.json' with { type: 'json' };
import { refuseUnknownKeys } from '../lib/context-keys.ts';
import { InvalidOptionsError, ServerlessImStack } from '../lib/index.ts';

try {
  const app = new App({ context: cdk.context });
  refuseUnknownKeys(app);
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
  new ServerlessImStack(app, 'ServerlessIm');
} catch (error) {
  if (!(error instanceof InvalidOptionsError)) throw error;
  console.error(error.message);
  // Exits at once: a CDK app synthesizes when the process ends normally.
  process.exit(1);
}
