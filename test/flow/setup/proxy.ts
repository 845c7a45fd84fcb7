import { afterEach } from 'vitest';
import { type AwsProxy, type AwsProxyOptions, createAwsProxy } from '../../../local/aws-proxy/index.ts';

/**
 * The AWS proxy of a flow test: an eventually consistent read is a second old, the longest that the product must bear.
 * So a test that passes by an eventual read passes by luck. A breakpoint ends with its test: one that a failed attempt left
 * would stop the calls of the next.
 */
export function createTestProxy(options: AwsProxyOptions = {}): AwsProxy {
  const proxy = createAwsProxy({ staleReads: { ms: 1_000 }, ...options });
  const { setBreakpoint } = proxy;
  let breakpoints: ReturnType<typeof setBreakpoint>[] = [];
  afterEach(() => {
    for (const breakpoint of breakpoints) breakpoint.release();
    breakpoints = [];
  });
  return Object.assign(proxy, {
    setBreakpoint(match: Parameters<typeof setBreakpoint>[0]) {
      const breakpoint = setBreakpoint(match);
      breakpoints.push(breakpoint);
      return breakpoint;
    },
  });
}
