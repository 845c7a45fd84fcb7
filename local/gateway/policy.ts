import { isRecord } from './invocation.ts';

/** What an authorizer's policy says of one ARN; `malformed` is AWS's AuthorizerConfigurationException. */
export type PolicyVerdict = 'allow' | 'deny' | 'malformed';

/**
 * Evaluates the policy document of a Lambda authorizer for `execute-api:Invoke`: an explicit Deny wins, and what
 * no statement allows is denied.
 * https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-output.html
 */
export function evaluatePolicy(document: unknown, methodArn: string): PolicyVerdict {
  if (!isRecord(document)) return 'malformed';
  const statements = Array.isArray(document['Statement']) ? document['Statement'] : [document['Statement']];
  let isAllowed = false;
  for (const statement of statements) {
    const parsed = parseStatement(statement);
    if (parsed === undefined) return 'malformed';
    const applies =
      parsed.actions.some((action) => matches(action.toLowerCase(), 'execute-api:invoke')) &&
      parsed.resources.some((resource) => matches(resource, methodArn));
    if (applies && parsed.effect === 'Deny') return 'deny';
    isAllowed ||= applies;
  }
  return isAllowed ? 'allow' : 'deny';
}

function parseStatement(statement: unknown) {
  if (!isRecord(statement)) return undefined;
  const effect = statement['Effect'];
  const actions = parseStrings(statement['Action']);
  const resources = parseStrings(statement['Resource']);
  if (effect !== 'Allow' && effect !== 'Deny') return undefined;
  if (actions === undefined || resources === undefined) return undefined;
  return { effect, actions, resources };
}

function parseStrings(value: unknown): string[] | undefined {
  const values: unknown[] = Array.isArray(value) ? value : [value];
  return values.every((item) => typeof item === 'string') ? values : undefined;
}

/** `*` is any run of characters, `?` any one. */
function matches(pattern: string, text: string): boolean {
  const expression = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replace(/\*/g, '.*')
    .replace(/\?/g, '.');
  return new RegExp(`^${expression}$`, 's').test(text);
}
