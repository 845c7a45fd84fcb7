import { Duration, RemovalPolicy } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Architecture,
  type Code,
  Function as LambdaFunction,
  LoggingFormat,
  RecursiveLoop,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, RetentionDays } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import { acknowledge } from './acknowledge.ts';
import { BUNDLE_HANDLER } from './bundling/function-bundles.ts';

export interface HandlerFunctionProps {
  readonly code: Code;
  readonly description: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  /** @default false */
  readonly feedsItself?: boolean;
  /** How many of it run at once at most; taken out of what the account has. @default - as many as there are */
  readonly reservedConcurrency?: number | undefined;
}

/** A Lambda function as all of ours are; what it may touch is granted afterwards, by name. */
export class HandlerFunction extends LambdaFunction {
  constructor(scope: Construct, id: string, props: HandlerFunctionProps) {
    const logGroup = new LogGroup(scope, `${id}Logs`, {
      retention: RetentionDays.ONE_MONTH,
      // Logs end by themselves after a month and hold no user data: nothing worth keeping beyond the stack.
      removalPolicy: RemovalPolicy.DESTROY,
    });
    // A role of our own, because the default one may write to every log group (AWSLambdaBasicExecutionRole).
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal('lambda.amazonaws.com') });
    logGroup.grantWrite(role);
    acknowledge(
      role,
      'AwsSolutions-IAM5[Resource::*]',
      'X-Ray has no resources to name; only its two put actions get "*".',
    );
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
      tracing: Tracing.ACTIVE,
      // Lambda drops as looping what has made 16 hops by its trace header. The records of a batch share one, so on a
      // busy
      // queue the hops of many add up, though each goes round five times at most; and a hand-off would be lost.
      // docs.aws.amazon.com/lambda/latest/dg/invocation-recursion.html
      ...(props.feedsItself && { recursiveLoop: RecursiveLoop.ALLOW }),
      loggingFormat: LoggingFormat.JSON,
      logGroup,
      role,
      environment: { POWERTOOLS_SERVICE_NAME: 'serverless-im' },
    });
  }
}
