import { randomUUID } from 'node:crypto';
import type { Service } from './call.ts';
import type { QueueError } from './queue-limits.ts';
import type { Answer } from './upstream.ts';

export type RefusalKind = 'throttle' | 'error' | 'gone';

interface Shape {
  readonly status: number;
  readonly code: string;
  readonly message: string;
}

/**
 * Errors as in the services' API models:
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 * https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/CommonErrors.html
 * https://docs.aws.amazon.com/sns/latest/api/CommonErrors.html
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-how-to-call-websocket-api-connections.html
 * https://docs.aws.amazon.com/systems-manager/latest/APIReference/CommonErrors.html
 * https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html#API_Invoke_Errors
 */
const SHAPES: Readonly<Record<Service, Readonly<Record<RefusalKind, Shape>>>> = {
  dynamodb: {
    throttle: {
      status: 400,
      code: 'ProvisionedThroughputExceededException',
      message: 'The level of configured provisioned throughput for the table was exceeded.',
    },
    error: { status: 500, code: 'InternalServerError', message: 'Internal server error' },
    gone: { status: 500, code: 'InternalServerError', message: 'Internal server error' },
  },
  sqs: {
    throttle: { status: 403, code: 'RequestThrottled', message: 'The request was denied due to throttling.' },
    error: { status: 500, code: 'InternalFailure', message: 'We encountered an internal error.' },
    gone: { status: 500, code: 'InternalFailure', message: 'We encountered an internal error.' },
  },
  sns: {
    throttle: { status: 400, code: 'Throttled', message: 'Rate exceeded' },
    error: { status: 500, code: 'InternalError', message: 'Internal error' },
    gone: { status: 500, code: 'InternalError', message: 'Internal error' },
  },
  s3: {
    throttle: { status: 503, code: 'SlowDown', message: 'Please reduce your request rate.' },
    error: { status: 500, code: 'InternalError', message: 'We encountered an internal error.' },
    gone: { status: 500, code: 'InternalError', message: 'We encountered an internal error.' },
  },
  ssm: {
    throttle: { status: 400, code: 'ThrottlingException', message: 'Rate exceeded' },
    error: { status: 500, code: 'InternalServerError', message: 'Internal server error' },
    gone: { status: 400, code: 'ParameterNotFound', message: 'Parameter not found' },
  },
  connections: {
    throttle: { status: 429, code: 'LimitExceededException', message: 'Too Many Requests' },
    error: { status: 500, code: 'InternalServerErrorException', message: 'Internal server error' },
    gone: { status: 410, code: 'GoneException', message: 'Gone' },
  },
  lambda: {
    throttle: { status: 429, code: 'TooManyRequestsException', message: 'Rate Exceeded.' },
    error: { status: 500, code: 'ServiceException', message: 'Internal server error' },
    gone: { status: 404, code: 'ResourceNotFoundException', message: 'Function not found' },
  },
};

const TYPE_PREFIXES: Readonly<Record<'dynamodb' | 'sqs' | 'ssm', string>> = {
  ssm: '',
  dynamodb: 'com.amazonaws.dynamodb.v20120810#',
  sqs: 'com.amazonaws.sqs#',
};

/** @param code another error of the same status: `ThrottlingException` */
export function refusal(service: Service, kind: RefusalKind, code?: string): Answer {
  const shape = SHAPES[service][kind];
  return answerOf(service, { ...shape, code: code ?? shape.code });
}

/**
 * IAM's error response, in the format of each service.
 * @param as another error of the same status: `SignatureDoesNotMatch`
 */
export function denial(service: Service, message: string, as?: string): Answer {
  const codes: Partial<Record<Service, string>> = {
    sqs: 'AccessDenied',
    sns: 'AuthorizationError',
    s3: 'AccessDenied',
  };
  const code = as ?? codes[service] ?? 'AccessDeniedException';
  return answerOf(service, { status: service === 'dynamodb' ? 400 : 403, code, message });
}

/** An error of S3 that is no denial. @param more further elements of it */
export function bucketError(status: number, code: string, message: string, more = ''): Answer {
  return xmlAnswer('s3', { status, code, message }, more);
}

/** `isTaken`: for each item of the transaction, in order, whether another one has it. */
export type Collision =
  | { readonly kind: 'write' | 'repeat' }
  | { readonly kind: 'transaction'; readonly isTaken: readonly boolean[] };

const ONGOING = 'Transaction is ongoing for the item';

/** DynamoDB's answer to a write that meets a transaction in flight. */
export function collision(reason: Collision): Answer {
  if (reason.kind !== 'transaction') {
    const code = reason.kind === 'write' ? 'TransactionConflictException' : 'TransactionInProgressException';
    return answerOf('dynamodb', { status: 400, code, message: ONGOING });
  }
  const reasons = reason.isTaken.map((isTaken) =>
    isTaken ? { Code: 'TransactionConflict', Message: ONGOING } : { Code: 'None' },
  );
  const codes = reasons.map(({ Code }) => Code).join(', ');
  const code = 'TransactionCanceledException';
  const message = `Transaction cancelled, please refer cancellation reasons for specific reasons [${codes}]`;
  return answerOf('dynamodb', { status: 400, code, message }, { CancellationReasons: reasons });
}

/** SQS's own error for a request that it refuses. */
export function queueRefusal({ code, message }: QueueError): Answer {
  return answerOf('sqs', { status: 400, code, message });
}

function answerOf(service: Service, { status, code: type, message }: Shape, more: object = {}): Answer {
  if (service === 'connections' || service === 'lambda')
    return answer(status, { message }, ['x-amzn-ErrorType', type], 'application/json');
  if (service === 'sns' || service === 's3') return xmlAnswer(service, { status, code: type, message });
  const headers =
    service === 'sqs' ? ['x-amzn-query-error', `${type};${status < 500 ? 'Sender' : 'Receiver'}`] : [];
  const body = { __type: TYPE_PREFIXES[service] + type, message, ...more };
  return answer(status, body, headers, 'application/x-amz-json-1.0');
}

function xmlAnswer(service: 'sns' | 's3', { status, code, message }: Shape, more = ''): Answer {
  const requestId = randomUUID();
  const text = message.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
  const type = `<Type>${status < 500 ? 'Sender' : 'Receiver'}</Type>`;
  const error = `<Error>${service === 'sns' ? type : ''}<Code>${code}</Code><Message>${text}</Message>${more}</Error>`;
  const body =
    service === 's3' ? error : `<ErrorResponse>${error}<RequestId>${requestId}</RequestId></ErrorResponse>`;
  return {
    status,
    headers: [
      'content-type',
      service === 's3' ? 'application/xml' : 'text/xml',
      'x-amz-request-id',
      requestId,
    ],
    body: Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${body}`),
  };
}

function answer(status: number, body: unknown, headers: readonly string[], contentType: string): Answer {
  return {
    status,
    headers: [...headers, 'content-type', contentType, 'x-amzn-RequestId', randomUUID()],
    body: Buffer.from(JSON.stringify(body)),
  };
}
