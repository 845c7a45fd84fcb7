import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Replaces `@aws-sdk/credential-provider-node` in the handlers' bundles. Lambda passes the role's credentials as
 * environment variables (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), so the AWS SDK's search
 * through SSO, profiles, web identity, and instance metadata is a hundred kilobytes of code that never runs.
 *
 * Exports what the clients import from that package. A client that needs more fails the bundling, not a function.
 */
export const defaultProvider = (): ReturnType<typeof fromEnv> => fromEnv();
