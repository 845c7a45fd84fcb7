import { RemovalPolicy } from 'aws-cdk-lib';
import { AccessLogFormat } from 'aws-cdk-lib/aws-apigateway';
import { type IAccessLogSettings, LogGroupLogDestination } from 'aws-cdk-lib/aws-apigatewayv2';
import { type ILogGroup, LogGroup, LogGroupClass, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { EncryptionProps } from './encryption.ts';

/**
 * Fields of an access log line. Each is a number, an id made by the gateway, a word from a fixed list, or sixteen digits
 * of a hash, so none can contain a token. Headers, query, path, and the rest of the authorizer's context are left out; error
 * messages, too, since some of API Gateway's quote a malformed `Authorization` header. HTTP routes have no authorizer of the
 * gateway's, so their lines name no user: the functions log those whom they refuse.
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
  /** The sender, by `userHashOf`. */
  userHash: '$context.authorizer.userHash',
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

export interface AccessLogProps extends EncryptionProps {
  /** How long lines are kept. */
  readonly logRetention: RetentionDays;
}

export interface AccessLog {
  readonly logGroup: ILogGroup;
  /** For the stage that writes it. */
  readonly settings: IAccessLogSettings;
}

/**
 * Creates a JSON access log of these fields, for half the price of a standard log group. Only Logs
 * Insights can read it: no metric filter, no subscription, no `aws logs tail`. So no alarm may depend on it (ADR 25).
 * docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch_Logs_Log_Classes.html
 */
export function accessLog(
  scope: Construct,
  fields: Readonly<Record<string, string>>,
  { logRetention, encryptionKey }: AccessLogProps,
): AccessLog {
  // The class of a log group can't be changed later: with another class it needs another id.
  const logGroup = new LogGroup(scope, 'AccessLogs', {
    logGroupClass: LogGroupClass.INFREQUENT_ACCESS,
    retention: logRetention,
    ...(encryptionKey && { encryptionKey }),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  const settings = {
    destination: new LogGroupLogDestination(logGroup),
    format: AccessLogFormat.custom(JSON.stringify(fields)),
  };
  return { logGroup, settings };
}
