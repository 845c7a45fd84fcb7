/** The clients of services that the repository has; a service's name on the command line is another one in two cases. */
const CLIENTS: Readonly<Record<string, () => Promise<object>>> = {
  cloudformation: () => import('@aws-sdk/client-cloudformation'),
  'cognito-idp': () => import('@aws-sdk/client-cognito-identity-provider'),
  dynamodb: () => import('@aws-sdk/client-dynamodb'),
  dynamodbstreams: () => import('@aws-sdk/client-dynamodb-streams'),
  lambda: () => import('@aws-sdk/client-lambda'),
  s3api: () => import('@aws-sdk/client-s3'),
  'service-quotas': () => import('@aws-sdk/client-service-quotas'),
  sns: () => import('@aws-sdk/client-sns'),
  sqs: () => import('@aws-sdk/client-sqs'),
};

/** Of services whose clients the repository does without, and commands of the command line's own; looked up in November 2026. */
const OTHERS: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  cloudwatch: {
    'describe-alarms': ['state-value', 'alarm-name-prefix'],
    'get-dashboard': ['dashboard-name'],
    'get-metric-statistics': [
      ...['namespace', 'metric-name', 'dimensions', 'start-time', 'end-time', 'period', 'statistics'],
    ],
    'list-metrics': ['namespace', 'metric-name', 'dimensions'],
  },
  guardduty: {
    'get-malware-protection-plan': ['malware-protection-plan-id'],
    'list-malware-protection-plans': [],
  },
  logs: {
    'get-query-results': ['query-id'],
    'start-query': ['log-group-names', 'query-string', 'start-time', 'end-time', 'limit'],
    tail: ['since', 'follow'],
  },
  s3: { cp: ['recursive'], ls: ['recursive'], rm: ['recursive'] },
};

const GLOBAL = ['endpoint-url', 'query', 'output', 'region', 'profile', 'debug', 'cli-binary-format'];

/** @returns what is wrong with a call of AWS's command line */
export async function mistakeInAws(args: readonly string[]): Promise<string | undefined> {
  const [service = '', operation = '', ...rest] = args[0] === '--endpoint-url' ? args.slice(2) : args;
  const options = rest.filter((arg) => arg.startsWith('--')).map((arg) => arg.slice(2));
  const known = await optionsOf(service, operation);
  if (known === undefined) return `aws has no ${service} ${operation}`;
  const wrong = options.filter((option) => !GLOBAL.includes(option) && !known(option));
  return wrong.length === 0 ? undefined : `aws ${service} ${operation} has no --${wrong.join(', --')}`;
}

async function optionsOf(
  service: string,
  operation: string,
): Promise<((option: string) => boolean) | undefined> {
  const client = CLIENTS[service];
  if (client === undefined) {
    const options = OTHERS[service]?.[operation];
    return options && ((option) => options.includes(option));
  }
  const command = (await client())[`${pascal(operation)}Command` as never] as CommandClass | undefined;
  if (command === undefined) return undefined;
  const members = membersOf(command).map((name) => name.toLowerCase());
  return (option) => members.includes(option.replace(/^no-/, '').replaceAll('-', ''));
}

type CommandClass = new (input: object) => { readonly schema: readonly unknown[] };

/** The SDK's schema of an operation has its input's at the fifth place, and that has the names of its members there. */
function membersOf(command: CommandClass): readonly string[] {
  const input = new command({}).schema[4];
  const shape = typeof input === 'function' ? input() : input;
  return shape[4];
}

function pascal(kebab: string): string {
  return kebab.replace(/(^|-)(\w)/g, (_, __, letter: string) => letter.toUpperCase());
}
