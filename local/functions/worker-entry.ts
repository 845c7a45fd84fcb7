/**
 * Runs inside a worker, as a small version of Lambda's Node runtime: imports the function's bundle, then waits for
 * events. Between events the whole thread is frozen, like a Lambda sandbox: a promise that a handler did not await
 * makes no progress until the next event.
 */
import { existsSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { resolveAsLambda } from './code-resolution.ts';
import {
  failure,
  type InvokeFailure,
  type InvokeMessage,
  type LogStream,
  type WorkerMessage,
  type WorkerSetup,
} from './messages.ts';

type Handler = (event: unknown, context: unknown, callback?: Callback) => unknown;
type Callback = (error: unknown, result?: unknown) => void;

/** Lambda reckons the remaining time, whatever the instance's clock says. */
const trueNow = Date.now;
const port = parentPort;
if (!port) throw new Error('worker-entry runs in a worker thread only.');
const setup = workerData as WorkerSetup;
const gate = new Int32Array(setup.gate);
const send = (message: WorkerMessage) => port.postMessage(message);

// Node has read it; Lambda has no such variable.
delete process.env['NODE_COMPILE_CACHE'];
if (setup.clockOffsetMs !== 0) setClock(setup.clockOffsetMs);
forwardOutput('stdout');
forwardOutput('stderr');
void serve();

async function serve(): Promise<void> {
  let handler: Handler;
  try {
    handler = await loadHandler();
  } catch (error) {
    send({ type: 'init-failed', error: asFailure(error), detail: inspect(error) });
    return;
  }
  send({ type: 'ready' });
  // Now, because the pool terminates its threads.
  flushCompileCache();
  for (;;) {
    const message = await nextEvent();
    try {
      const result = await handler(JSON.parse(message.eventJson), contextOf(message));
      send({ type: 'returned', payloadJson: JSON.stringify(result ?? null) });
    } catch (error) {
      send({ type: 'threw', error: asFailure(error), detail: inspect(error) });
    }
  }
}

/** Freezes the thread until the pool sends an event. */
async function nextEvent(): Promise<InvokeMessage> {
  Atomics.wait(gate, 0, 0);
  Atomics.store(gate, 0, 0);
  const received = receiveMessageOnPort(port as NonNullable<typeof port>);
  // Process pending I/O first: otherwise the next request could use a socket that the server has closed meanwhile.
  await turn();
  await turn();
  return received?.message as InvokeMessage;
}

/** `src/index.handler`: https://docs.aws.amazon.com/lambda/latest/dg/nodejs-handler.html */
async function loadHandler(): Promise<Handler> {
  const [, file = '', name = ''] = /^((?:.*\/)?[^.]*)\.(.*)$/.exec(setup.handler) ?? [];
  const paths = ['.js', '.mjs', '.cjs'].map((ending) => join(setup.codeDirectory, file + ending));
  const path = paths.find((each) => existsSync(each));
  if (path === undefined) throw named('Runtime.ImportModuleError', `Cannot find module '${setup.handler}'`);
  resolveAsLambda(setup);
  const module: Readonly<Record<string, unknown>> = await import(pathToFileURL(path).href);
  // Node finds most names of a CommonJS module, but not all.
  const handler = module[name] ?? (module['default'] as Readonly<Record<string, unknown>>)?.[name];
  if (typeof handler !== 'function') {
    throw named('Runtime.HandlerNotFound', `${setup.handler} is undefined or not exported`);
  }
  return handler.length > 2 ? promised(handler as Handler) : (handler as Handler);
}

/** A handler of older runtimes, which answers by a callback. */
function promised(handler: Handler): Handler {
  return (event, context) =>
    new Promise((resolve, reject) => {
      const done: Callback = (error, result) => (error ? reject(error) : resolve(result));
      Promise.resolve(handler(event, context, done)).then((result) => {
        if (result !== undefined) resolve(result);
      }, reject);
    });
}

/** https://docs.aws.amazon.com/lambda/latest/dg/nodejs-context.html */
function contextOf(message: InvokeMessage) {
  return {
    awsRequestId: message.requestId,
    callbackWaitsForEmptyEventLoop: true,
    functionName: setup.functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: setup.functionArn,
    logGroupName: `/aws/lambda/${setup.functionName}`,
    logStreamName: process.env['AWS_LAMBDA_LOG_STREAM_NAME'],
    memoryLimitInMB: String(setup.memoryMegabytes),
    getRemainingTimeInMillis: () => Math.max(0, message.deadlineMs - trueNow()),
  };
}

/** Sets `Date` ahead or behind. Timers measure durations, which are right even if the time is not. */
function setClock(offsetMs: number): void {
  const now = () => trueNow() + offsetMs;
  globalThis.Date = new Proxy(Date, {
    get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
    construct: (target, values, newTarget) =>
      Reflect.construct(target, values.length === 0 ? [now()] : values, newTarget),
    apply: () => new Date(now()).toString(),
  });
}

/** Sends output as messages: a worker's own streams need its event loop, which is frozen between events. */
function forwardOutput(stream: LogStream): void {
  process[stream].write = (chunk: string | Uint8Array, ...rest: unknown[]) => {
    send({
      type: 'log',
      stream,
      text: typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'),
    });
    const done = rest.find((each) => typeof each === 'function');
    if (done) process.nextTick(done as () => void);
    return true;
  };
}

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Reports an error as Lambda does: name and message of an error, the text of any other thrown value. */
function asFailure(error: unknown): InvokeFailure {
  return error instanceof Error ? failure(error.name, error.message) : failure(typeof error, String(error));
}
