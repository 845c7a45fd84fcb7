export { type AwsProxy, type AwsProxyOptions, createAwsProxy } from './aws-proxy.ts';
export type { BreakpointStage } from './breakpoint.ts';
export { type Call, type CallMatch, EVENT_SOURCE } from './call.ts';
export { chainLength } from './chain.ts';
export type { FaultKind } from './fault-kind.ts';
export type { ActiveFault, FaultRule } from './fault-rules.ts';
export type { Invocation } from './invocations.ts';
export type { Distribution, LatencyRule } from './latency.ts';
export { type Step, steps } from './steps.ts';
