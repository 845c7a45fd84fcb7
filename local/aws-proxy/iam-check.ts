import { matchesPattern } from '../iam-pattern.ts';
import { recordOf } from '../json.ts';
import type { Permission, StackModel } from '../model.ts';
import {
  bucketArn,
  connectionsArn,
  functionArn,
  parameterArn,
  queueArn,
  tableArn,
  topicArn,
} from '../stack/identifiers.ts';
import type { BucketInput } from './bucket/bucket-request.ts';
import type { Call } from './call.ts';

/** The permission that a call needs: `dynamodb:PutItem` on a table's ARN. */
interface IamAction {
  readonly action: string;
  readonly resource: string;
}

/** https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html */
const TRANSACTION_ACTIONS: Readonly<Record<string, string>> = {
  Put: 'PutItem',
  Update: 'UpdateItem',
  Delete: 'DeleteItem',
  ConditionCheck: 'ConditionCheckItem',
  Get: 'GetItem',
};

/** https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-control-access-iam.html */
const CONNECTION_METHODS: Readonly<Record<string, string>> = {
  PostToConnection: 'POST',
  GetConnection: 'GET',
  DeleteConnection: 'DELETE',
};

/** Checks calls against the role of their function, so that a missing permission shows here before it does in AWS. */
export class IamCheck {
  readonly #permissions: ReadonlyMap<string, readonly Permission[]>;
  readonly #webSocketApi: { readonly apiId: string; readonly stage: string } | undefined;
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();

  constructor(
    { functions, webSocketApis }: Pick<StackModel, 'functions' | 'webSocketApis'>,
    warn: (message: string) => void,
  ) {
    this.#permissions = new Map(
      functions.flatMap(({ logicalId, permissions }) => (permissions ? [[logicalId, permissions]] : [])),
    );
    this.#webSocketApi = webSocketApis[0];
    this.#warn = warn;
  }

  /**
   * IAM's error message if the role does not allow the call. Callers without a known role may do anything.
   * @param role whose it is: the caller's, or that of the function that signed the caller's link
   */
  denialOf(call: Call, input: unknown, role = call.function): string | undefined {
    const permissions = this.#permissions.get(role);
    if (permissions === undefined) return undefined;
    const denied = this.#actionsOf(call, input).find((action) => !isAllowed(permissions, action));
    if (denied === undefined) return undefined;
    const { action, resource } = denied;
    const warning = `${role} was denied ${action} on ${resource}: no policy of its role allows it.`;
    if (!this.#warned.has(warning)) this.#warn(warning);
    this.#warned.add(warning);
    return `User: ${role} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  }

  /** Whether a role may list a bucket: others do not learn which objects are there. */
  mayList(role: string, bucket: string): boolean {
    const permissions = this.#permissions.get(role);
    const action = { action: 's3:ListBucket', resource: bucketArn(bucket) };
    return permissions === undefined || isAllowed(permissions, action);
  }

  #actionsOf(call: Call, input: unknown): readonly IamAction[] {
    const { service, operation, tables, queue = '', invoked = '' } = call;
    if (service === 'sqs') {
      return [{ action: `sqs:${operation.replace(/Batch$/, '')}`, resource: queueArn(queue) }];
    }
    if (service === 'sns') {
      // A batch needs the permission of its entries.
      return [{ action: `sns:${operation.replace(/Batch$/, '')}`, resource: topicArn(call.topic ?? '') }];
    }
    if (service === 's3') return bucketActions(call, input as BucketInput);
    if (service === 'ssm')
      return [{ action: `ssm:${operation}`, resource: parameterArn(call.parameter ?? '') }];
    if (service === 'connections') return this.#connectionActions(call);
    if (service === 'lambda') return [{ action: 'lambda:InvokeFunction', resource: functionArn(invoked) }];
    const { IndexName: index, TransactItems: items } = recordOf(input);
    if (Array.isArray(items)) return items.flatMap(transactionActions);
    const suffix = index === undefined ? '' : `/index/${index}`;
    const action = `dynamodb:${operation}`;
    return tables.map((table) => ({ action, resource: tableArn(table) + suffix }));
  }

  #connectionActions({ operation, connectionId = '' }: Call): readonly IamAction[] {
    if (this.#webSocketApi === undefined) return [];
    const { apiId, stage } = this.#webSocketApi;
    const method = CONNECTION_METHODS[operation] ?? operation;
    const resource = connectionsArn(apiId, stage, method, connectionId);
    return [{ action: 'execute-api:ManageConnections', resource }];
  }
}

function transactionActions(item: unknown): readonly IamAction[] {
  return Object.entries(recordOf(item)).map(([name, one]) => ({
    action: `dynamodb:${TRANSACTION_ACTIONS[name] ?? name}`,
    resource: tableArn(String(recordOf(one)['TableName'])),
  }));
}

/** https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-with-s3-policy-actions.html */
const BUCKET_ACTIONS: Readonly<Record<string, string>> = {
  HeadObject: 'GetObject',
  PostObject: 'PutObject',
  CopyObject: 'PutObject',
  DeleteObjects: 'DeleteObject',
  CreateMultipartUpload: 'PutObject',
  UploadPart: 'PutObject',
  CompleteMultipartUpload: 'PutObject',
  HeadBucket: 'ListBucket',
  ListObjectsV2: 'ListBucket',
};

function bucketActions({ operation, bucket = '' }: Call, input: BucketInput): readonly IamAction[] {
  const { Key: key, Keys: keys = [key], CopySource: source } = input;
  const action = `s3:${BUCKET_ACTIONS[operation] ?? operation}`;
  const resourceOf = (one: string | undefined) => bucketArn(bucket) + (one === undefined ? '' : `/${one}`);
  const actions = keys.map((one) => ({ action, resource: resourceOf(one) }));
  if (source === undefined) return actions;
  return [...actions, { action: 's3:GetObject', resource: `${bucketArn(source.Bucket)}/${source.Key}` }];
}

function isAllowed(permissions: readonly Permission[], { action, resource }: IamAction): boolean {
  return permissions.some(
    ({ actions, resources }) =>
      actions.some((pattern) => matchesPattern(pattern, action)) &&
      resources.some((pattern) => matchesPattern(pattern, resource)),
  );
}
