import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type IAccessLogSettings, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';

/**
 * Fields of an access log line. Each is a number, an id made by the gateway, or a word from a fixed list, so none can
 * contain a token. Headers, query, path, and authorizer context are left out; error messages, too, since some of API
 * Gateway's quote a malformed `Authorization` header.
 *
 * docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-logging.html and http-api-logging-variables.html
 */
const COMMON_FIELDS = {
  requestId: '$context.requestId',
  requestTimeEpoch: '$context.requestTimeEpoch',
  routeKey: '$context.routeKey',
  status: '$context.status',
  errorType: '$context.error.responseType',
  integrationRequestId: '$context.integration.requestId',
  integrationStatus: '$context.integration.status',
  integrationLatency: '$context.integration.latency',
};

export const WEB_SOCKET_LOG_FIELDS = {
  ...COMMON_FIELDS,
  eventType: '$context.eventType',
  authorizerStatus: '$context.authorizer.status',
  connectionId: '$context.connectionId',
  connectedAt: '$context.connectedAt',
  messageId: '$context.messageId',
};

export const HTTP_LOG_FIELDS = {
  ...COMMON_FIELDS,
  responseLatency: '$context.responseLatency',
  responseLength: '$context.responseLength',
};

/** Creates a JSON access log of these fields, kept for a month. */
export function accessLog(
  scope: Construct,
  fields: Readonly<Record<string, string>>,
): { readonly logGroup: LogGroup; readonly settings: IAccessLogSettings } {
  const logGroup = new LogGroup(scope, 'AccessLog', {
    retention: RetentionDays.ONE_MONTH,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const settings = {
    destination: new LogGroupLogDestination(logGroup),
    format: AccessLogFormat.custom(JSON.stringify(fields)),
  };
  return { logGroup, settings };
}
