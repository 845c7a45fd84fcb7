import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type DataDirectory, openDataDirectory } from './data-directory.ts';
import { DevIssuer } from './dev-issuer.ts';
import { startDynamoDb } from './emulators/dynoxide.ts';
import { startSqs } from './emulators/fauxqs.ts';
import { startParameters } from './emulators/parameters.ts';
import { closeServer, listenOn } from './listening.ts';
import { OperatorError, systemErrorCode } from './operator-error.ts';
import type { RuntimeOptions, SharedEndpoints } from './runtime-options.ts';
import { readAssembly } from './stack/assembly.ts';
import { readyAssembly, synthesizeApp } from './stack/own-app.ts';
import { DEV_AUDIENCE, synthesize } from './stack/synth.ts';
import { builtPage } from './web-page/built-page.ts';
import { refuseTakenPagePort } from './web-page/page-server.ts';
import { webPushParameters } from './web-push-keys.ts';

/** What answers at the port that clients know: a gateway, or what stands in front of several. */
export interface Front {
  /** Resolves with the port; port 0 picks a free one. */
  listen(port: number): Promise<number>;
  close(): Promise<void>;
}

/** Everything that starts before the stack's template can be loaded. */
export interface Infrastructure<Own extends Front> {
  readonly data: DataDirectory | undefined;
  readonly issuer: DevIssuer;
  /** Listening, but not serving an API yet. */
  readonly front: Own;
  readonly port: number;
  readonly direct: SharedEndpoints;
  /** The parameter store, by name: what is put in, is there. */
  readonly parameters: Record<string, string>;
  /** For tests: lets time pass for the queues. */
  readonly advanceQueues: (seconds: number) => void;
  /** Folder of the cloud assembly. */
  readonly assembly: string;
  /** Folder of the built web page; undefined if none is served. */
  readonly page: string | undefined;
}

/** Folder of cdk.json. */
export const PROJECT_DIRECTORY = fileURLToPath(new URL('..', import.meta.url));

/**
 * Locks the data folder and binds the port, then starts the emulators, synthesizes the app, and builds the page, all
 * concurrently.
 * @throws {OperatorError} if one of them fails; `cleanups` stops what was started
 */
export async function startInfrastructure<Own extends Front>(
  options: RuntimeOptions,
  makeFront: (issuer: DevIssuer) => Own,
  warn: (message: string) => void,
  cleanups: AsyncDisposableStack,
): Promise<Infrastructure<Own>> {
  options.signal?.throwIfAborted();
  await refuseTakenPorts(options);
  const data = lockData(options, cleanups);
  const keyFile = data && { keyFile: data.files.issuerKey };
  const issuer = await DevIssuer.create({ audience: DEV_AUDIENCE, ...keyFile });
  const front = makeFront(issuer);
  const port = await listen(front, options.port ?? 0);
  cleanups.defer(() => front.close());
  if (options.webPort) await refuseTakenPagePort(options.webPort);
  data?.announce(port);
  const origin = `http://127.0.0.1:${port}`;
  issuer.serveAt(origin);

  const onExit = options.onFailure ?? warn;
  const failed = new AbortController();
  const signal = AbortSignal.any([failed.signal, ...(options.signal ? [options.signal] : [])]);
  const parameters = { ...webPushParameters(data?.files.webPushKeys) };
  const told = <Result>(title: string, done: Promise<Result>): Promise<Result> => {
    options.onStep?.(title, done);
    return done;
  };
  const [dynamoDb, sqs, ssm, assembly, page] = await allOrNone(failed, [
    told(
      'DynamoDB',
      startDynamoDb({ onExit, onNotice: warn, signal, ...(data && { file: data.files.dynamoDb }) }).then(
        stoppedBy(cleanups),
      ),
    ),
    told(
      'SQS, SNS, and S3',
      startSqs({ onExit, ...(data && { dataDirectory: data.files.sqs }) }).then(stoppedBy(cleanups)),
    ),
    startParameters(parameters).then(stoppedBy(cleanups)),
    told('the stack, by cdk synth', findAssembly(options, data?.files.cdkOut, signal, cleanups)),
    options.webPort === undefined
      ? Promise.resolve(undefined)
      : told('the web page', builtPage(PROJECT_DIRECTORY, signal)),
  ]);
  signal.throwIfAborted();
  const version = data && dataVersionOf(assembly);
  if (version !== undefined) data?.raiseVersion(version);
  // One emulator serves all three.
  const { endpoint } = sqs;
  const direct = {
    dynamodb: dynamoDb.endpoint,
    sqs: endpoint,
    sns: endpoint,
    s3: endpoint,
    ssm: ssm.endpoint,
    connections: origin,
  };
  return { data, issuer, front, port, direct, parameters, advanceQueues: sqs.advance, assembly, page };
}

/** The output of the stack, if it has it: an app of one's own may not. */
function dataVersionOf(assembly: string): number | undefined {
  const { stacks } = readAssembly(assembly);
  const [output] = stacks.flatMap(({ template }) => template.Outputs?.['DataVersion'] ?? []);
  return output && Number(output.Value);
}

function lockData({ dataDirectory, fresh = false }: RuntimeOptions, cleanups: AsyncDisposableStack) {
  if (dataDirectory === undefined) return undefined;
  const data = openDataDirectory(dataDirectory, { fresh });
  cleanups.defer(() => data.release());
  return data;
}

/** Before anything is made: a start that is refused leaves no new folder behind. A folder in use says more than its port. */
async function refuseTakenPorts({ dataDirectory, port = 0, webPort }: RuntimeOptions): Promise<void> {
  if (dataDirectory === undefined || existsSync(dataDirectory)) return;
  const server = createServer();
  await listen({ listen: (tried) => listenOn(server, tried) }, port);
  await closeServer(server);
  if (webPort) await refuseTakenPagePort(webPort);
}

async function listen(front: Pick<Front, 'listen'>, port: number): Promise<number> {
  try {
    return await front.listen(port);
  } catch (error) {
    const code = systemErrorCode(error);
    const reason = code === 'EADDRINUSE' ? 'is taken' : `can't be used (${code})`;
    throw new OperatorError(`Port ${port} ${reason}; choose another with --port, or 0 for any.`, {
      cause: error,
    });
  }
}

function stoppedBy(cleanups: AsyncDisposableStack) {
  return <T extends { stop(): Promise<void> }>(started: T): T => {
    cleanups.defer(() => started.stop());
    return started;
  };
}

async function findAssembly(
  options: RuntimeOptions,
  dataFolder: string | undefined,
  signal: AbortSignal,
  cleanups: AsyncDisposableStack,
): Promise<string> {
  const ready = options.cdkOut ?? (options.app && readyAssembly(options.app));
  if (ready !== undefined) return ready;
  const outDirectory = dataFolder ?? mkdtempSync(join(tmpdir(), 'serverless-im-cdk-'));
  const wipe = () => rmSync(outDirectory, { recursive: true, force: true });
  if (dataFolder === undefined) cleanups.defer(wipe);
  // Nothing else deletes bundles of earlier code.
  else wipe();
  const { app, context = {} } = options;
  if (app === undefined)
    await synthesize({ projectDirectory: PROJECT_DIRECTORY, outDirectory, signal, context });
  else await synthesizeApp(app, { outDirectory, signal, context });
  return outDirectory;
}

/**
 * `Promise.all`, but the first failure aborts the others and is thrown only when all have settled, so that nothing
 * starts after the cleanup.
 */
async function allOrNone<T extends readonly unknown[]>(
  failed: AbortController,
  promises: { [K in keyof T]: Promise<T[K]> },
): Promise<T> {
  const all = Promise.all(promises);
  all.catch((error: unknown) => failed.abort(error));
  await Promise.allSettled(promises);
  return all as unknown as Promise<T>;
}
