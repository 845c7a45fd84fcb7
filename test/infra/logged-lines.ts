import type { Template } from 'aws-cdk-lib/assertions';
import { REPOSITORY, runNode } from './run-node.ts';
import { resource } from './synth.ts';

/** The JSON lines that our code logs with the environment of the WebSocket API's function. */
export async function loggedLines(
  template: Template,
  script: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<readonly Readonly<Record<string, unknown>>[]> {
  const { Environment } = resource(template, 'AWS::Lambda::Function', 'FunctionsSocket').Properties;
  const { POWERTOOLS_SERVICE_NAME } = (Environment as { Variables: { POWERTOOLS_SERVICE_NAME: string } })
    .Variables;
  const { stdout, stderr } = await runNode(REPOSITORY, ['--input-type=module', '--eval', script], {
    POWERTOOLS_SERVICE_NAME,
    ...environment,
  });
  const lines = `${stdout}${stderr}`.split('\n').filter((line) => line !== '');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}
