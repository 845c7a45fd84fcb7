import { fromEnv } from '@aws-sdk/credential-provider-env';

/**
 * Stands in for `@aws-sdk/credential-provider-node` in the handlers' bundles. Lambda gives a function its role's
 * credentials by environment (docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html), so the SDK's search
 * through SSO, profiles, web identity, and instance metadata would be a hundred kilobytes of code that never runs.
 *
 * Exports what the SDK's clients import from that package; a client that wants more fails the bundling, not a function.
 */
export const defaultProvider = (): ReturnType<typeof fromEnv> => fromEnv();
