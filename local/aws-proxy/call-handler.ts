import type { IncomingMessage, ServerResponse } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { StoredObject } from '../functions/malware-scanner.ts';
import { parseJson, recordOf } from '../json.ts';
import type { StackModel, TableModel } from '../model.ts';
import type { Breakpoints } from './breakpoint.ts';
import { type BucketInput, bucketSubject } from './bucket/bucket-request.ts';
import { ObjectCalls } from './bucket/object-call.ts';
import { storeForm } from './bucket/store-form.ts';
import { Visitors } from './bucket/visitors.ts';
import { type Call, type Service, type Subject, VISITOR } from './call.ts';
import type { CallLog } from './call-log.ts';
import { askForUnits, takeUnits, WRITES } from './capacity.ts';
import { ClientConnection } from './client-connection.ts';
import type { Exchange } from './exchange.ts';
import { endingOf, type FaultKind, stageOf } from './fault-kind.ts';
import type { FaultRules } from './fault-rules.ts';
import type { IamCheck } from './iam-check.ts';
import type { Caller, Invocations } from './invocations.ts';
import { ItemKeys } from './item-keys.ts';
import type { Latency } from './latency.ts';
import { sendToQueue } from './queue-check.ts';
import { QueueRelay, receiptHandlesIn } from './queue-relay.ts';
import { denial, type RefusalKind, refusal } from './refusal.ts';
import { isEventual, type Replica } from './replica.ts';
import { inputOf, subjectOf } from './request.ts';
import type { SentRequest } from './sent-request.ts';
import { SocketUse } from './socket-use.ts';
import { splitBatch } from './split-batch.ts';
import { Transactions } from './transactions.ts';
import { type Answer, BrokenConnectionError, headerOf, type Upstream, wholeBody } from './upstream.ts';

export interface ProxyParts {
  readonly invocations: Invocations;
  readonly log: CallLog;
  readonly rules: FaultRules;
  readonly breakpoints: Breakpoints;
  readonly latency: Latency;
  /** See `AwsProxyOptions`. */
  readonly idleLinesBreakAt: readonly Service[];
}

interface Begun {
  readonly service: Service;
  readonly subject: Subject;
  readonly caller: Caller;
  readonly startMs: number;
  readonly bytesOut: number;
}

interface Visited {
  readonly upstream: Upstream;
  readonly request: IncomingMessage;
  readonly client: ClientConnection;
  readonly startMs: number;
}

interface Execution {
  readonly delayMs: number;
  readonly fault: FaultKind | undefined;
  readonly code: string | undefined;
}

/**
 * Handles each request in this order: role, breakpoint, fault, latency, emulator, and back. It never forwards one twice:
 * the first may have been a write.
 */
export class CallHandler {
  readonly #parts: ProxyParts;
  readonly #queues = new Map<string, QueueRelay>();
  readonly #sockets = new SocketUse();
  readonly #transactions = new Transactions();
  readonly #emptyPolls = new Set<Call>();
  readonly #visitors = new Visitors();
  readonly #objectCalls = new ObjectCalls();
  #onStored: ((object: StoredObject) => void) | undefined;
  #iamCheck: IamCheck | undefined;
  #replica: Replica | undefined;
  /** Resolves when the calls that a `hang` fault stopped may go on. */
  #release = Promise.withResolvers<void>();

  constructor(parts: ProxyParts) {
    this.#parts = parts;
  }

  /** Refuses calls that the check denies from now on. */
  setIamCheck(check: IamCheck): void {
    this.#iamCheck = check;
  }

  /** From now on, pages reach its buckets as their CORS says, by what its functions sign. */
  setStack({ buckets, functions }: Pick<StackModel, 'buckets' | 'functions'>): void {
    this.#visitors.setStack(
      buckets,
      functions.map(({ logicalId }) => logicalId),
    );
  }

  onStored(listener: (object: StoredObject) => void): void {
    this.#onStored = listener;
  }

  /** From now on, writes of these tables' items collide. */
  setTables(tables: readonly TableModel[]): void {
    this.#transactions.setKeys(new ItemKeys(tables));
  }

  /** Answers eventually consistent reads from now on. */
  setReplica(replica: Replica): void {
    this.#replica = replica;
  }

  releaseHangs(): void {
    this.#release.resolve();
    this.#release = Promise.withResolvers();
  }

  async handle(
    service: Service,
    upstream: Upstream,
    request: IncomingMessage,
    response: ServerResponse,
  ): Promise<void> {
    const startMs = performance.now();
    const client = new ClientConnection(request, response);
    const caller = this.#parts.invocations.callerOf(request.headers['user-agent']);
    if (service === 's3' && caller === undefined) return this.#visit({ upstream, request, client, startMs });
    const body = await wholeBody(request);
    const { method = 'GET', url: path = '/', rawHeaders: headers } = request;
    const sent = { method, path, headers, body };
    const input = inputOf(service, sent);
    const subject = subjectOf(service, sent, String(request.headers['x-amz-target'] ?? ''), input);
    if (caller === undefined) {
      const send = (request: SentRequest) => upstream.send(request, client.gone);
      const answer = service === 'sqs' ? sendToQueue(subject.operation, sent, input, send) : send(sent);
      client.answer(await answer);
      this.#replicate(subject.operation, input);
      return;
    }
    const isIdleLine = this.#sockets.wasFrozen(request.socket, caller.invocation?.requestId);
    // Such a request never reaches AWS, so it is no call.
    if (isIdleLine && this.#parts.idleLinesBreakAt.includes(service)) return client.cut();
    const call = this.#begin({ service, subject, caller, startMs, bytesOut: body.length }, request);
    await this.#complete({ call, caller, request: sent, input, client }, upstream);
  }

  /** A call of S3 from outside the stack. Those in a function's name are recorded, and may do what the function may. */
  async #visit({ upstream, request, client, startMs }: Visited): Promise<void> {
    client.addHeaders(this.#visitors.corsHeaders(request));
    const visit = await this.#visitors.receive(request, Date.now());
    if (visit.kind === 'answered') return client.answer(visit.answer);
    const { sent } = visit;
    const input = inputOf('s3', sent) as BucketInput;
    if (visit.kind === 'own') {
      const { operation } = bucketSubject(sent.method, input);
      const call = { operation, sent, input, mayList: () => true };
      return client.answer(await this.#objectCalls.send(call, (one) => upstream.send(one, client.gone)));
    }
    const { signer, form } = visit;
    const asked = form === undefined ? input : { ...input, Key: form.key };
    const subject = bucketSubject(sent.method, asked);
    const caller = { function: VISITOR, signer };
    const bytesOut = sent.body.length;
    const begun = { service: 's3' as const, subject, caller, startMs, bytesOut };
    const call = this.#begin(
      form === undefined ? begun : { ...begun, subject: { ...subject, operation: 'PostObject' } },
      request,
    );
    const exchange = { call, caller, request: sent, input: asked, client, ...(form && { form }) };
    await this.#complete(exchange, upstream);
  }

  async #complete(exchange: Exchange, upstream: Upstream): Promise<void> {
    const { call } = exchange;
    try {
      await this.#run(exchange, upstream);
    } finally {
      if (this.#emptyPolls.delete(call)) this.#parts.log.drop(call);
      else this.#parts.log.end(call);
    }
  }

  #begin({ service, subject, caller, startMs, bytesOut }: Begun, { headers, socket }: IncomingMessage) {
    const [, attempt = '1'] = /attempt=(\d+)/.exec(String(headers['amz-sdk-request'])) ?? [];
    const { invocation } = caller;
    const call = this.#parts.log.begin({
      function: caller.function,
      ...(invocation && { requestId: invocation.requestId }),
      ...(invocation?.trigger.route !== undefined && { route: invocation.trigger.route }),
      service,
      ...subject,
      ...this.#parts.invocations.peer(subject.connectionId),
      attempt: Number(attempt),
      startMs,
      issuedMs: startMs,
      bytesOut,
      bytesIn: 0,
      readUnits: 0,
      writeUnits: 0,
      forwarded: false,
      outcome: 'open',
    });
    call.issuedMs = this.#sockets.issuedMs(call, socket, invocation?.calls ?? []);
    invocation?.calls.push(call);
    return call;
  }

  async #run(exchange: Exchange, upstream: Upstream): Promise<void> {
    const { call, input, client } = exchange;
    const { rules, breakpoints, latency } = this.#parts;
    const denied = this.#iamCheck?.denialOf(call, input, exchange.caller.signer);
    if (denied !== undefined) return this.#answer(exchange, denial(call.service, denied));
    const rule = rules.select(['before', 'after', 'batch'], call, input);
    const delayMs = latency.of(call, input);

    const fault = (await breakpoints.pass('before', exchange)) ?? rule?.fault;
    if (fault !== undefined && stageOf(fault) === 'before') {
      if (await this.#applyFault(exchange, fault, rule?.code)) return;
    }
    const answer = await this.#execute(exchange, upstream, { delayMs: delayMs / 2, fault, code: rule?.code });
    if (answer === undefined) return;
    const after = fault !== undefined && stageOf(fault) === 'after' ? fault : undefined;
    const lateFault = (await breakpoints.pass('after', exchange)) ?? after;
    if (lateFault !== undefined && (await this.#applyFault(exchange, lateFault, rule?.code))) return;
    await pause(delayMs / 2, client.gone);
    this.#answer(exchange, answer);
  }

  /** The emulator's answer; undefined if the call has ended without one. */
  async #execute(exchange: Exchange, upstream: Upstream, { delayMs, fault, code }: Execution) {
    const { call, input, client } = exchange;
    const { refused, end } = this.#transactions.begin(call.operation, input);
    if (refused !== undefined) return refused;
    try {
      await pause(delayMs, client.gone);
      const early = await this.#parts.breakpoints.pass('during', exchange);
      if (early !== undefined && (await this.#applyFault(exchange, early, code))) return undefined;
      if (!client.gone.aborted) return await this.#forward(exchange, upstream, fault === 'unprocessed');
      call.outcome = 'abandoned';
      return undefined;
    } finally {
      end();
    }
  }

  /** True if the fault ended the call. */
  async #applyFault(exchange: Exchange, fault: FaultKind, code: string | undefined): Promise<boolean> {
    const { call, client, caller } = exchange;
    call.fault = fault;
    switch (endingOf(fault)) {
      case 'refuse':
        this.#answer(exchange, refusal(call.service, fault.replace('-after', '') as RefusalKind, code));
        return true;
      case 'kill':
        call.outcome = 'killed';
        await caller.invocation?.kill();
        client.cut();
        return true;
      case 'cut':
        call.outcome = 'cut';
        client.cut();
        return true;
      case 'hang':
        await client.untilGone(this.#release.promise);
        return false;
    }
  }

  async #forward(exchange: Exchange, upstream: Upstream, isSplit: boolean): Promise<Answer | undefined> {
    const { call, input, client } = exchange;
    call.forwarded = true;
    try {
      if (isSplit) return await this.#forwardHalf(exchange, upstream);
      if (call.operation === 'ReceiveMessage') return await this.#receive(exchange, upstream);
      const answer = await this.#send(exchange, upstream, exchange.request, input);
      if (call.operation.startsWith('DeleteMessage')) this.#queue(call).deleted(receiptHandlesIn(input));
      return answer;
    } catch (error) {
      if (!(error instanceof BrokenConnectionError)) throw error;
      call.outcome = client.gone.aborted ? 'abandoned' : 'failed';
      client.cut();
      return undefined;
    }
  }

  async #send(exchange: Exchange, upstream: Upstream, sent: SentRequest, input: unknown): Promise<Answer> {
    const { call } = exchange;
    if (call.service === 'sqs')
      return sendToQueue(call.operation, sent, input, (request) => upstream.send(request));
    if (call.service === 's3') return this.#sendToBucket(exchange, upstream, sent);
    if (call.service !== 'dynamodb') return upstream.send(sent);
    // The caller's signal is not passed: AWS executes a request even if its caller disconnects.
    const replica = isEventual(call.operation, input) ? this.#replica : undefined;
    const from = (await replica?.current()) ?? upstream;
    const answered = await from.send(askForUnits(call.operation, sent, input));
    this.#replicate(call.operation, input);
    if (call.operation === 'GetRecords' && answered.body.subarray(0, 13).toString() === '{"Records":[]')
      this.#emptyPolls.add(call);
    const { units, answer } = takeUnits(call.operation, input, answered);
    call.readUnits += units.readUnits;
    call.writeUnits += units.writeUnits;
    return answer;
  }

  async #sendToBucket({ call, caller, input, form }: Exchange, upstream: Upstream, sent: SentRequest) {
    const send = (request: SentRequest) => upstream.send(request);
    const { Bucket } = input as BucketInput;
    if (form !== undefined) {
      const host = headerOf(sent, 'host') ?? '';
      const answer = await storeForm(Bucket, form, host, send);
      const etag = headerOf(answer, 'etag');
      if (etag !== undefined) this.#onStored?.({ bucket: Bucket, key: form.key, etag, body: form.file });
      return answer;
    }
    const role = caller.signer ?? caller.function;
    const mayList = (bucket: string) => this.#iamCheck?.mayList(role, bucket) ?? true;
    const { operation } = call;
    return this.#objectCalls.send({ operation, sent, input: input as BucketInput, mayList }, send);
  }

  #replicate(operation: string, input: unknown): void {
    if (WRITES.has(operation)) this.#replica?.wrote(operation, input);
  }

  async #forwardHalf(exchange: Exchange, upstream: Upstream): Promise<Answer> {
    const { call, request, input } = exchange;
    call.fault = 'unprocessed';
    const half = splitBatch(call.operation, input);
    const none: Answer = {
      status: 200,
      headers: ['content-type', 'application/x-amz-json-1.0'],
      body: Buffer.from('{}'),
    };
    call.forwarded = half.input !== undefined;
    const answer =
      half.input === undefined
        ? none
        : await this.#send(exchange, upstream, withInput(request, half.input), half.input);
    if (answer.status !== 200) return answer;
    const output = half.report(recordOf(JSON.parse(answer.body.toString())));
    return { ...answer, headers: none.headers, body: Buffer.from(JSON.stringify(output)) };
  }

  #receive({ call, request, input }: Exchange, upstream: Upstream): Promise<Answer> {
    const { rules } = this.#parts;
    const select = (kinds: 'record' | 'records') => {
      const fault = rules.select([kinds], call, input)?.fault;
      if (fault !== undefined) call.fault = fault;
      return fault;
    };
    const faults = {
      duplicates: () => select('record') as 'duplicate' | 'duplicate-late' | undefined,
      isReordered: () => select('records') !== undefined,
    };
    const maximum = Number(recordOf(input)['MaxNumberOfMessages'] ?? 1);
    return this.#queue(call).receive(maximum, faults, () => upstream.send(request));
  }

  #queue({ queue = '' }: Call): QueueRelay {
    const relay = this.#queues.get(queue) ?? new QueueRelay();
    this.#queues.set(queue, relay);
    return relay;
  }

  #answer({ call, client }: Exchange, answer: Answer): void {
    call.status = answer.status;
    call.bytesIn = answer.body.length;
    if (answer.status >= 400) call.error = errorOf(answer);
    call.outcome = client.gone.aborted ? 'abandoned' : 'answered';
    call.endMs = performance.now();
    if (!client.gone.aborted) client.answer(answer);
  }
}

function withInput(request: SentRequest, input: unknown): SentRequest {
  return { ...request, body: Buffer.from(JSON.stringify(input)) };
}

function errorOf(answer: Answer): string {
  const text = answer.body.toString();
  const [, code] = /<Code>(\w+)<\/Code>/.exec(text) ?? [];
  if (code !== undefined) return code;
  const { __type = 'error' } = recordOf(parseJson(text));
  const [type = ''] = (headerOf(answer, 'x-amzn-errortype') ?? String(__type)).split(':');
  return type.split('#').at(-1) ?? type;
}

async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  if (milliseconds <= 0) return;
  await delay(milliseconds, undefined, { signal }).catch(() => undefined);
}
