import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, onTestFinished, test } from 'vitest';
import { type LogEvent, WorkerPool, type WorkerPoolOptions } from '../../../local/functions/worker-pool.ts';
import type { FunctionModel } from '../../../local/model.ts';
import { functionOf } from './bundle.ts';
import { eventually } from './eventually.ts';

const pools: WorkerPool[] = [];
afterEach(async () => {
  await Promise.all(pools.splice(0).map((pool) => pool.stop()));
});

function poolOf(functions: FunctionModel | FunctionModel[], options: Partial<WorkerPoolOptions> = {}) {
  const logs: LogEvent[] = [];
  const pool = new WorkerPool({
    functions: [functions].flat(),
    onLog: (event) => logs.push(event),
    ...options,
  });
  pools.push(pool);
  return { pool, text: () => logs.map((log) => log.text).join('') };
}

/** An HTTP server that answers on demand; functions call it while they run. */
async function gate() {
  const requests: IncomingMessage[] = [];
  const releases: (() => void)[] = [];
  const server = createServer((request, response) => {
    requests.push(request);
    releases.push(() => response.end('ok'));
    server.emit('arrived');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    arrived: async (count: number) => {
      while (requests.length < count) await once(server, 'arrived');
    },
    release: () => {
      for (const release of releases.splice(0)) release();
    },
  };
}

const CALLS_GATE = `
  import { request } from 'node:http';
  const call = (url) => new Promise((resolve, reject) => {
    request(url, (response) => response.resume().on('end', resolve)).on('error', reject).end();
  });
  let count = 0;
  export const handler = async (event) => { count += 1; await call(event.url + '/' + event.name); return count; };`;

describe('an invocation', () => {
  test("passes event and result as JSON, and Lambda's context", async () => {
    const { pool } = poolOf(
      functionOf(`export const handler = async (event, context) => ({
        event, dropped: undefined, name: context.functionName, memory: context.memoryLimitInMB,
        arn: context.invokedFunctionArn, id: typeof context.awsRequestId,
        remaining: context.getRemainingTimeInMillis() });`),
    );
    const result = await pool.invoke('Fn', { at: new Date(0), nothing: undefined });
    expect(result).toEqual({
      ok: true,
      payload: {
        event: { at: '1970-01-01T00:00:00.000Z' },
        name: 'Fn',
        memory: '128',
        arn: 'arn:aws:lambda:us-east-1:000000000000:function:Fn',
        id: 'string',
        remaining: expect.any(Number),
      },
    });
  });

  test('returns null for a handler that returns nothing', async () => {
    const { pool } = poolOf(functionOf('export const handler = async () => {};'));
    expect(await pool.invoke('Fn', {})).toEqual({ ok: true, payload: null });
  });

  test('returns name and message of a thrown error and logs it', async () => {
    const { pool, text } = poolOf(
      functionOf("export const handler = async () => { throw new TypeError('no such thing'); };"),
    );
    expect(await pool.invoke('Fn', {})).toEqual({
      ok: false,
      errorType: 'TypeError',
      errorMessage: 'no such thing',
    });
    expect(text()).toMatch(/Invoke Error TypeError: no such thing\n +at/);
  });

  test('inherits nothing from the environment of the parent process', async () => {
    process.env['IM_TEST_SECRET'] = 'of the parent';
    onTestFinished(() => {
      delete process.env['IM_TEST_SECRET'];
    });
    const model = functionOf('export const handler = async () => process.env;', {
      environment: { TABLE: 'mine' },
    });
    const { pool } = poolOf(model, { environment: { AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1' } });
    const result = await pool.invoke('Fn', {});
    const environment = result.ok ? (result.payload as Record<string, string>) : {};
    expect(environment).toMatchObject({
      TABLE: 'mine',
      AWS_ENDPOINT_URL_SQS: 'http://127.0.0.1:1',
      AWS_REGION: 'us-east-1',
      AWS_LAMBDA_FUNCTION_NAME: 'Fn',
      AWS_LAMBDA_FUNCTION_MEMORY_SIZE: '128',
      AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
      LAMBDA_TASK_ROOT: model.codeDirectory,
      _HANDLER: 'index.handler',
      TZ: ':UTC',
    });
    expect(environment).not.toHaveProperty('IM_TEST_SECRET');
    expect(environment).not.toHaveProperty('PATH');
    expect(environment).not.toHaveProperty('HOME');
  });

  test('has the environment of its own function', async () => {
    const source =
      "export const handler = async () => { process.env.SEEN ??= ''; process.env.SEEN += process.env.WHO; return process.env.SEEN; };";
    const { pool } = poolOf([
      functionOf(source, { logicalId: 'A', environment: { WHO: 'a' } }),
      functionOf(source, { logicalId: 'B', environment: { WHO: 'b' } }),
    ]);
    expect(await pool.invoke('A', {})).toMatchObject({ payload: 'a' });
    expect(await pool.invoke('B', {})).toMatchObject({ payload: 'b' });
    expect(await pool.invoke('A', {})).toMatchObject({ payload: 'aa' });
  });

  test('captures the function’s output, with the request id, before the answer', async () => {
    const logs: LogEvent[] = [];
    const model = functionOf(
      "export const handler = async (_, { awsRequestId }) => { console.log('out', awsRequestId); process.stderr.write('err'); return awsRequestId; };",
    );
    const { pool } = poolOf(model, { onLog: (event) => logs.push(event) });
    const result = await pool.invoke('Fn', {});
    const requestId = result.ok ? String(result.payload) : '';
    expect(logs).toEqual([
      { functionId: 'Fn', requestId, stream: 'stdout', text: `out ${requestId}\n` },
      { functionId: 'Fn', requestId, stream: 'stderr', text: 'err' },
    ]);
  });
});

describe('the worker pool', () => {
  test('runs one event at a time per instance and starts another for a concurrent one', async () => {
    const { pool } = poolOf(functionOf(CALLS_GATE));
    const { url, arrived, release } = await gate();
    const both = Promise.all([pool.invoke('Fn', { url, name: 'a' }), pool.invoke('Fn', { url, name: 'b' })]);
    await arrived(2);
    expect(pool.instances('Fn')).toEqual({ total: 2, busy: 2 });
    release();
    expect(await both).toEqual([
      { ok: true, payload: 1 },
      { ok: true, payload: 1 },
    ]);
    expect(pool.instances('Fn')).toEqual({ total: 2, busy: 0 });
  });

  test('reuses the instance used last', async () => {
    const { pool } = poolOf(functionOf('let n = 0; export const handler = async () => ++n;'));
    await pool.invoke('Fn', {});
    await pool.invoke('Fn', {});
    expect(await pool.invoke('Fn', {})).toEqual({ ok: true, payload: 3 });
    expect(pool.instances('Fn').total).toBe(1);
  });

  test('queues invocations beyond the limit in order', async () => {
    const { pool } = poolOf(functionOf(CALLS_GATE), { maxInstancesPerFunction: 1 });
    const { url, arrived, release, requests } = await gate();
    const all = ['a', 'b', 'c'].map((name) => pool.invoke('Fn', { url, name }));
    for (const count of [1, 2, 3]) {
      await arrived(count);
      expect(pool.instances('Fn')).toEqual({ total: 1, busy: 1 });
      release();
    }
    await Promise.all(all);
    expect(requests.map((request) => request.url)).toEqual(['/a', '/b', '/c']);
  });

  const refused = { ok: false, errorType: 'TooManyRequestsException', errorMessage: 'Rate Exceeded.' };

  test('throttles invocations beyond a reserved concurrency, as Lambda does, and takes the next one afterwards', async () => {
    const { pool } = poolOf(functionOf(CALLS_GATE, { reservedConcurrency: 1 }));
    const { url, arrived, release } = await gate();
    const first = pool.invoke('Fn', { url, name: 'a' });
    await arrived(1);
    expect(await pool.invoke('Fn', { url, name: 'b' })).toEqual(refused);
    release();
    await first;
    const next = pool.invoke('Fn', { url, name: 'c' });
    await arrived(2);
    release();
    expect(await next).toMatchObject({ ok: true });
  });

  test('never runs a function whose reserved concurrency is 0', async () => {
    const { pool } = poolOf(functionOf('export const handler = async () => 1;', { reservedConcurrency: 0 }));
    expect(await pool.invoke('Fn', {})).toEqual(refused);
  });

  test("throttles at the account's concurrency, also what only waits for this machine, and keeps what is reserved", async () => {
    const functions = [
      functionOf(CALLS_GATE, { logicalId: 'Shared' }),
      functionOf(CALLS_GATE, { logicalId: 'Other' }),
      functionOf(CALLS_GATE, { logicalId: 'Reserved', reservedConcurrency: 1 }),
    ];
    const { pool } = poolOf(functions, { accountConcurrency: 3, maxInstancesPerFunction: 1 });
    const { url, arrived, release } = await gate();
    const running = [pool.invoke('Shared', { url, name: 'a' }), pool.invoke('Shared', { url, name: 'b' })];
    await arrived(1);
    expect(await pool.invoke('Other', { url, name: 'c' })).toEqual(refused);
    const reserved = pool.invoke('Reserved', { url, name: 'd' });
    await arrived(2);
    release();
    await arrived(3);
    release();
    for (const result of await Promise.all([...running, reserved]))
      expect(result).toMatchObject({ ok: true });
  });

  test('stops an idle instance of another function at the total limit', async () => {
    const source = 'export const handler = async () => 1;';
    const functions = ['A', 'B'].map((logicalId) => functionOf(source, { logicalId }));
    const { pool } = poolOf(functions, { maxInstances: 1 });
    await pool.invoke('A', {});
    expect(await pool.invoke('B', {})).toEqual({ ok: true, payload: 1 });
    expect(pool.instances('A').total).toBe(0);
    expect(await pool.invoke('A', {})).toEqual({ ok: true, payload: 1 });
  });

  test('stops an instance after a long idle time', async () => {
    const { pool } = poolOf(functionOf('export const handler = async () => 1;'), { idleSeconds: 0.05 });
    await pool.invoke('Fn', {});
    await eventually(() => pool.instances('Fn').total).toBe(0);
    expect(await pool.invoke('Fn', {})).toEqual({ ok: true, payload: 1 });
  });

  test('freezes an instance between two events, so an unawaited promise makes no progress', async () => {
    const { pool, text } = poolOf(
      functionOf(`let n = 0; export const handler = async (event) => {
        if (event.first) { setTimeout(() => console.log('late'), 1); return; }
        await new Promise((resolve) => setTimeout(resolve, 5));
      };`),
    );
    const other = poolOf(functionOf('export const handler = async () => {};'));
    await pool.invoke('Fn', { first: true });
    for (let i = 0; i < 20; i += 1) await other.pool.invoke('Fn', {});
    expect(text()).toBe('');
    await pool.invoke('Fn', {});
    expect(text()).toBe('late\n');
  });
});

describe('a time-out', () => {
  test('stops the function, cuts its open request before the answer, and starts a new instance', async () => {
    const { pool, text } = poolOf(functionOf(CALLS_GATE, { timeoutSeconds: 0.5 }));
    const { url, requests, arrived, release } = await gate();
    const invocation = pool.invoke('Fn', { url, name: 'slow' });
    await arrived(1);
    const [request] = requests;
    const cut = once(request?.socket ?? process, 'close');
    expect(await invocation).toEqual({
      ok: false,
      errorType: 'Sandbox.Timedout',
      errorMessage: expect.stringMatching(
        /^RequestId: [0-9a-f-]{36} Error: Task timed out after 0\.50 seconds$/,
      ),
    });
    await cut;
    expect(text()).toMatch(/Task timed out after 0\.50 seconds/);
    release();
    const next = pool.invoke('Fn', { url, name: 'next' });
    await arrived(2);
    release();
    expect(await next).toEqual({ ok: true, payload: 1 });
  });

  test('stops a function that never yields', async () => {
    const { pool } = poolOf(
      functionOf('export const handler = () => { for (;;); };', { timeoutSeconds: 0.2 }),
    );
    expect(await pool.invoke('Fn', {})).toMatchObject({ ok: false, errorType: 'Sandbox.Timedout' });
  });
});

describe('the end of an instance', () => {
  test('cuts its open request and answers Runtime.ExitError after a kill', async () => {
    const { pool } = poolOf(functionOf(CALLS_GATE));
    const { url, requests, arrived } = await gate();
    const invocation = pool.invoke('Fn', { url, name: 'victim' });
    await arrived(1);
    const cut = once(requests[0]?.socket ?? process, 'close');
    expect(await pool.kill('Fn')).toBe(1);
    await cut;
    expect(await invocation).toMatchObject({ ok: false, errorType: 'Runtime.ExitError' });
    expect(pool.instances('Fn').total).toBe(0);
  });

  test.each([
    ['process.exit', 'process.exit(3)', /exit status 3/],
    [
      'an uncaught error',
      "setImmediate(() => { throw new Error('later'); }); await new Promise(() => {})",
      /later/,
    ],
    [
      'an unhandled rejection',
      "Promise.reject(new Error('lost')); await new Promise((r) => setTimeout(r, 1e4))",
      /lost/,
    ],
    ['nothing left to wait for', 'await new Promise(() => {})', /without providing a reason/],
    ['too much memory', 'const all = []; for (;;) all.push(new Array(1e6).fill(1.5))', /memory/],
  ])('answers Runtime.ExitError after %s, and the next event runs', async (_, death, message) => {
    const source = `export const handler = async (event) => { if (event.die) { ${death}; } return 'alive'; };`;
    const { pool } = poolOf(functionOf(source));
    expect(await pool.invoke('Fn', { die: true })).toEqual({
      ok: false,
      errorType: 'Runtime.ExitError',
      errorMessage: expect.stringMatching(message),
    });
    expect(await pool.invoke('Fn', {})).toEqual({ ok: true, payload: 'alive' });
  });

  test.each([
    ['throws', "throw new RangeError('bad start');", 'RangeError', /bad start/],
    ['exits', 'process.exit(9);', 'Runtime.ExitError', /exit status 9/],
    ['has no handler', 'export const other = 1;', 'Runtime.HandlerNotFound', /index\.handler/],
    ['is not JavaScript', 'export const handler = ;', 'SyntaxError', /./],
  ])('fails its invocation if the bundle %s', async (_, source, errorType, message) => {
    const { pool } = poolOf(functionOf(source));
    expect(await pool.invoke('Fn', {})).toEqual({
      ok: false,
      errorType,
      errorMessage: expect.stringMatching(message),
    });
    expect(pool.instances('Fn').total).toBe(0);
  });

  test('follows a grace period when the pool stops; queued invocations are refused', async () => {
    const { pool } = poolOf(functionOf(CALLS_GATE), { maxInstancesPerFunction: 1 });
    const { url, arrived, release } = await gate();
    const running = pool.invoke('Fn', { url, name: 'running' });
    const waiting = pool.invoke('Fn', { url, name: 'waiting' });
    await arrived(1);
    const stopped = pool.stop(10_000);
    expect(await waiting).toMatchObject({ ok: false });
    release();
    expect(await running).toEqual({ ok: true, payload: 1 });
    await stopped;
    expect(await pool.invoke('Fn', {})).toMatchObject({ ok: false });
  });
});

test('instances have clocks of their own, and the right remaining time', async () => {
  const code = `export const handler = async (_, context) => ({
    now: Date.now(), made: new Date().getTime(), given: new Date(7).getTime(), isDate: new Date() instanceof Date,
    year: Number(Date().split(' ')[3]), iso: new Date(0).toISOString(), left: context.getRemainingTimeInMillis() });`;
  const model = functionOf(code);
  const { pool } = poolOf(model, { clockOffsetMs: (instance) => (instance === 1 ? 3_600_000 : -3_600_000) });
  const run = async () => {
    const result = await pool.invoke(model.logicalId, {});
    if (!result.ok) throw new Error(result.errorMessage);
    return result.payload as Record<'now' | 'made' | 'given' | 'left' | 'year', number> & { iso: string };
  };
  const answers = await Promise.all([run(), run()]);
  const hoursAhead = answers.map(({ now }) => Math.round((now - Date.now()) / 3_600_000));
  expect(hoursAhead.toSorted()).toEqual([-1, 1]);
  for (const { now, made, given, left, year, ...rest } of answers) {
    expect(Math.abs(made - now)).toBeLessThan(1_000);
    expect(given).toBe(7);
    expect(year).toBe(new Date(now).getFullYear());
    expect(rest).toEqual({ isDate: true, iso: '1970-01-01T00:00:00.000Z' });
    expect(left).toBeGreaterThan(0);
    expect(left).toBeLessThanOrEqual(model.timeoutSeconds * 1_000);
  }
});
