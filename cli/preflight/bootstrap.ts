import { GetParameterCommand, ParameterNotFound, SSMClient } from '@aws-sdk/client-ssm';
import { type Deployment, patience, type Verdict } from './check.ts';
import { textIn } from './context.ts';

/** The least that the CDK's assets and templates need: `requiresBootstrapStackVersion` in the manifest of a synth. */
export const BOOTSTRAP_VERSION = 6;

const DEFAULT_QUALIFIER = 'hnb659fds';

/** `cdk bootstrap` made the bucket and the roles of deployments. */
export async function bootstrap({ context }: Deployment): Promise<Verdict> {
  const qualifier = textIn(context, '@aws-cdk/core:bootstrapQualifier') ?? DEFAULT_QUALIFIER;
  const Name = `/cdk-bootstrap/${qualifier}/version`;
  try {
    const { Parameter } = await new SSMClient({}).send(new GetParameterCommand({ Name }), patience());
    const version = Number(Parameter?.Value);
    if (version >= BOOTSTRAP_VERSION) return { finding: 'ok', text: `version ${version}` };
    return {
      finding: 'fails',
      text: `version ${version} is too old, ${BOOTSTRAP_VERSION} is needed: run \`npx cdk bootstrap\``,
    };
  } catch (error) {
    if (!(error instanceof ParameterNotFound)) throw error;
    return {
      finding: 'fails',
      text: `the CDK was never used in this account and region: run \`npx cdk bootstrap\` (no ${Name})`,
    };
  }
}
