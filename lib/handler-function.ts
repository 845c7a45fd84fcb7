import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  SystemLogLevel,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { BUNDLE_HANDLER } from './bundling/function-bundles.ts';
import { type EncryptionProps, KEY_ACTIONS } from './encryption.ts';
import type { Diagnostic } from './props.ts';
import { LEAST_AUDIT_RETENTION } from './security-props.ts';

export interface HandlerFunctionProps extends EncryptionProps {
  readonly code: Code;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /** See `FunctionSpec`. @default false */
  readonly sendsToOwnQueue?: boolean;
  /** Records of every run, besides faults: `reports`, `traces`. */
  readonly diagnostics: readonly Diagnostic[];
  /** How long its log is kept; one that audits is kept for at least 400 days. */
  readonly logRetention: RetentionDays;
  /** See `FunctionSpec`. @default false */
  readonly audits?: boolean;
  /** Whether the log of a function that audits is kept when the stack is deleted. @default false */
  readonly retain?: boolean;
  /** Maximum concurrent executions, reserved out of the account's. @default - limited only by the account */
  readonly reservedConcurrency?: number | undefined;
}

/**
 * A Lambda function with the settings that all of ours share. It starts without permissions on data: grant them by
 * action.
 */
export class HandlerFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    const { encryptionKey } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      ...(encryptionKey && { encryptionKey }),
      retention: props.audits ? Math.max(props.logRetention, LEAST_AUDIT_RETENTION) : props.logRetention,
      // The others expire sooner and contain no user data: not worth keeping when the stack is deleted.
      removalPolicy: props.audits && props.retain ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    });
    // Its own role, since the default one may write to every log group (AWSLambdaBasicExecutionRole).
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    encryptionKey?.grant(role, ...KEY_ACTIONS.read);
    const isTraced = props.diagnostics.includes('traces');
    if (isTraced) {
      acknowledge(
        role,
        'AwsSolutions-IAM5[Resource::*]',
        'X-Ray has no resource ARNs: its two put actions require "*".',
      );
    }
    super(scope, id, {
      code: props.code,
      handler: BUNDLE_HANDLER,
      description: props.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: props.memoryMegabytes,
      ...(props.reservedConcurrency !== undefined && {
        reservedConcurrentExecutions: props.reservedConcurrency,
      }),
      timeout: Duration.seconds(props.timeoutSeconds),
      ...(isTraced && { tracing: Tracing.ACTIVE }),
      // Lambda drops an event as a loop after 16 hops in its trace header. The records of a batch share one header, so
      // on a busy queue their hops add up, and jobs would be lost. A post to a throttled account may loop more often (ADR 19).
      // docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      ...(props.sendsToOwnQueue && { recursiveLoop: RecursiveLoop.ALLOW }),
      loggingFormat: LoggingFormat.JSON,
      // At WARN, Lambda reports only runs that failed. Two lines for each run would cost more than running it (ADR 25).
      // docs.aws.amazon.com/lambda/latest/dg/monitoring-cloudwatchlogs-log-level.html
      systemLogLevelV2: props.diagnostics.includes('reports') ? SystemLogLevel.INFO : SystemLogLevel.WARN,
      logGroup,
      role,
      ...(encryptionKey && { environmentEncryption: encryptionKey }),
      environment: { POWERTOOLS_SERVICE_NAME: 'serverless-im' },
    });
  }
}
