import { matchesPattern } from '../iam-pattern.ts';
import { recordOf } from '../json.ts';
import type { Permission, StackModel } from '../model.ts';
import { connectionsArn, queueArn, tableArn } from '../stack/identifiers.ts';
import type { Call } from './call.ts';

/** One thing that a call does: `dynamodb:PutItem` on a table's ARN. */
interface Deed {
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

/** Knows what each function's role allows, so that a permission that is missing is missed here and not in AWS first. */
export class Guard {
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

  /** IAM's message, if the caller's role doesn't allow all of the call. Callers without a known role may do all. */
  denialOf(call: Call, input: unknown): string | undefined {
    const permissions = this.#permissions.get(call.function);
    if (permissions === undefined) return undefined;
    const denied = this.#deedsOf(call, input).find((deed) => !isAllowed(permissions, deed));
    if (denied === undefined) return undefined;
    const { action, resource } = denied;
    const warning = `${call.function} was denied ${action} on ${resource}: no policy of its role allows that.`;
    if (!this.#warned.has(warning)) this.#warn(warning);
    this.#warned.add(warning);
    return `User: ${call.function} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;
  }

  #deedsOf(call: Call, input: unknown): readonly Deed[] {
    const { service, operation, tables, queue = '' } = call;
    if (service === 'sqs') {
      return [{ action: `sqs:${operation.replace(/Batch$/, '')}`, resource: queueArn(queue) }];
    }
    if (service === 'connections') return this.#connectionDeeds(call);
    const { IndexName: index, TransactItems: items } = recordOf(input);
    if (Array.isArray(items)) return items.flatMap(transactionDeeds);
    const suffix = index === undefined ? '' : `/index/${index}`;
    const action = `dynamodb:${operation}`;
    return tables.map((table) => ({ action, resource: tableArn(table) + suffix }));
  }

  #connectionDeeds({ operation, connectionId = '' }: Call): readonly Deed[] {
    if (this.#webSocketApi === undefined) return [];
    const { apiId, stage } = this.#webSocketApi;
    const method = CONNECTION_METHODS[operation] ?? operation;
    const resource = connectionsArn(apiId, stage, method, connectionId);
    return [{ action: 'execute-api:ManageConnections', resource }];
  }
}

function transactionDeeds(item: unknown): readonly Deed[] {
  return Object.entries(recordOf(item)).map(([name, one]) => ({
    action: `dynamodb:${TRANSACTION_ACTIONS[name] ?? name}`,
    resource: tableArn(String(recordOf(one)['TableName'])),
  }));
}

function isAllowed(permissions: readonly Permission[], { action, resource }: Deed): boolean {
  return permissions.some(
    ({ actions, resources }) =>
      actions.some((pattern) => matchesPattern(pattern, action)) &&
      resources.some((pattern) => matchesPattern(pattern, resource)),
  );
}
