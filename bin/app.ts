import { App } from 'aws-cdk-lib';
// The CDK CLI passes the context of cdk.json itself, and its values win. `npm start` runs the app without the CLI, so the
// context is passed here, too.
import cdk from '../cdk.json' with { type: 'json' };
import { refuseUnknownKeys, STACK_NAME } from '../lib/context-keys.ts';
import { InvalidOptionsError, ServerlessImStack } from '../lib/index.ts';

/** The app with the stack alone. Wrong options are one line, and end the process. */
export function runApp(prepare: (app: App) => void = () => {}): void {
  try {
    const app = new App({ context: cdk.context });
    refuseUnknownKeys(app);
    prepare(app);
    const stackName = String(app.node.tryGetContext(STACK_NAME) ?? '');
    new ServerlessImStack(app, 'ServerlessIm', stackName === '' ? {} : { stackName });
  } catch (error) {
    if (!(error instanceof InvalidOptionsError)) throw error;
    console.error(error.message);
    // Exits at once: a CDK app synthesizes when the process ends normally.
    process.exit(1);
  }
}
