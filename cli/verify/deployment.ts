import { OperatorError } from '../../local/operator-error.ts';
import { describedStack } from '../described-stack.ts';
import { localHttpUrl } from '../local-stack.ts';
import { UsageError } from '../usage-error.ts';
import { commandTokens, localTokens, poolTokens, type Tokens } from './tokens.ts';

/** A deployment, and users for it. */
export interface Deployment {
  /** Without a trailing slash. */
  readonly httpUrl: string;
  /** @default - what `GET /session` says */
  readonly wsUrl: string | undefined;
  readonly tokens: Tokens;
}

export interface DeploymentOptions {
  readonly stack?: string | undefined;
  readonly http?: string | undefined;
  readonly ws?: string | undefined;
  readonly pool?: string | undefined;
  readonly client?: string | undefined;
  readonly 'token-command'?: string | undefined;
  readonly data?: string | undefined;
}

/**
 * The deployment that the options name: a stack of the account, a URL, or else the stack that runs on this machine.
 * @throws {UsageError} nothing gives tokens, or two options contradict each other
 * @throws {OperatorError} there is none
 */
export async function deploymentOf(options: DeploymentOptions): Promise<Deployment> {
  const { stack, http, ws, pool, client, data, 'token-command': command } = options;
  if (stack !== undefined && (http ?? ws ?? pool ?? client) !== undefined)
    throw new UsageError('--stack finds URLs and user pool by itself: leave out the others.');
  if ((pool === undefined) !== (client === undefined))
    throw new UsageError('A user pool needs --pool and --client.');
  if (command !== undefined && !command.includes('{user}'))
    throw new UsageError('--token-command must hold {user}, where the user id goes.');
  const given = stack === undefined ? options : { ...options, ...(await outputsOf(stack)) };
  if (given.http === undefined) {
    if (ws !== undefined || pool !== undefined) throw new UsageError('It takes --http, too.');
    const httpUrl = await localHttpUrl(data);
    return { httpUrl, wsUrl: undefined, tokens: tokensBy(given) ?? localTokens(httpUrl) };
  }
  const tokens = tokensBy(given);
  if (tokens === undefined)
    throw new UsageError(
      'An issuer of your own needs --token-command, a made user pool --pool and --client.',
    );
  return { httpUrl: given.http.replace(/\/+$/, ''), wsUrl: given.ws, tokens };
}

type Given = Pick<DeploymentOptions, 'http' | 'ws' | 'pool' | 'client' | 'token-command'>;

function tokensBy({ pool, client, 'token-command': command }: Given): Tokens | undefined {
  if (command !== undefined) return commandTokens(command);
  return pool === undefined || client === undefined ? undefined : poolTokens({ pool, client });
}

async function outputsOf(stack: string): Promise<Given> {
  const found = await describedStack(stack);
  if (found === undefined) throw new OperatorError(`There is no stack ${stack} in this account and region.`);
  const { Outputs = [] } = found;
  const output = (key: string) => Outputs.find(({ OutputKey }) => OutputKey === key)?.OutputValue;
  const http = output('HttpUrl');
  if (http === undefined)
    throw new OperatorError(`The stack ${stack} has no output HttpUrl: name its API by --http.`);
  return { http, ws: output('WebSocketUrl'), pool: output('UserPoolId'), client: output('UserPoolClientId') };
}
