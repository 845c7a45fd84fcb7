import { CfnStage, type IStage } from 'aws-cdk-lib/aws-apigatewayv2';
import type { Throttle } from './props.ts';

interface RouteLimits {
  /** By route key. */
  readonly routeThrottles: Readonly<Record<string, Throttle>>;
  readonly routeMetrics: boolean;
}

/**
 * Limits single routes of a stage. What a route's own settings leave out is AWS's default, not the stage's, so they repeat
 * whether there are metrics. The routes must exist before their settings, which `inSequence` takes care of.
 * docs.aws.amazon.com/apigateway/latest/developerguide/http-api-throttling.html
 */
export function throttleRoutes(stage: IStage, { routeThrottles, routeMetrics }: RouteLimits): void {
  const resource = stage.node.defaultChild;
  if (!(resource instanceof CfnStage)) throw new Error('The stage has no CfnStage');
  const settings = Object.entries(routeThrottles).map(([routeKey, { rateLimit, burstLimit }]) => [
    routeKey,
    {
      ThrottlingRateLimit: rateLimit,
      ThrottlingBurstLimit: burstLimit,
      DetailedMetricsEnabled: routeMetrics,
    },
  ]);
  if (settings.length > 0) resource.routeSettings = Object.fromEntries(settings);
}

/** HTTP routes have a method and a path; the others are actions of the WebSocket API. */
export function isHttpRoute(routeKey: string): boolean {
  return routeKey.includes(' ');
}
