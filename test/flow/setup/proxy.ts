import { type AwsProxy, type AwsProxyOptions, createAwsProxy } from '../../../local/aws-proxy/index.ts';

/**
 * The AWS proxy of a flow test: an eventually consistent read is a second old, the longest that the product must bear.
 * So a test that passes by an eventual read passes by luck.
 */
export function createTestProxy(options: AwsProxyOptions = {}): AwsProxy {
  return createAwsProxy({ staleReads: { ms: 1_000 }, ...options });
}
