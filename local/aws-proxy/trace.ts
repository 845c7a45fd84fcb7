import { styleText } from 'node:util';
import type { Call } from './call.ts';
import { chainLength } from './chain.ts';
import type { Invocation } from './invocations.ts';
import type { Names } from './names.ts';

export interface TraceOptions {
  readonly names: Names;
  readonly isColoured: boolean;
}

const MOST_OF_AN_ERROR = 120;

type Style = 'bold' | 'dim' | 'red' | 'cyan' | 'yellow';
type Paint = (style: Style, text: string) => string;

/**
 * Formats an invocation as a tree. The root has trigger, duration, and answer. Below are its calls to AWS in order,
 * concurrent ones on one branch: start time, operation, target, duration, and cost (w and r are write and read units).
 * Contains no bodies and no tokens.
 */
export function traceOf(invocation: Invocation, { names, isColoured }: TraceOptions): string {
  const paint: Paint = (style, text) =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
  const lines = [headOf(invocation, names, paint)];
  const groups = callsAtOnce(invocation.calls);
  for (const [index, group] of groups.entries()) {
    const isLast = index === groups.length - 1;
    for (const [nth, call] of group.entries()) {
      const branch = paint('dim', branchOf(nth, group.length, isLast));
      lines.push(`${branch} ${callLine(call, invocation, names, paint)}`);
    }
  }
  if (invocation.calls.length > 1) lines.push(paint('dim', `   ${sumOf(invocation.calls)}`));
  return lines.join('\n');
}

function headOf(invocation: Invocation, names: Names, paint: Paint): string {
  const { trigger, startMs, endMs = startMs, reply, error } = invocation;
  const who = trigger.user === undefined ? '' : paint('cyan', `  ${whoIs(trigger)}`);
  const answer = reply === undefined || reply === '' ? '' : paint('dim', ` → ${plain(reply)}`);
  const failure = error === undefined ? '' : paint('red', ` → ${plain(error).slice(0, MOST_OF_AN_ERROR)}`);
  const title = paint('bold', plain(titleOf(invocation, names)));
  return `${title}${who}  ${duration(endMs - startMs)}${answer}${failure}`;
}

function titleOf({ function: id, trigger: { kind, name, records = 0 } }: Invocation, names: Names): string {
  if (kind === 'authorizer') return `authorize ${name}`;
  if (kind === 'queue' || kind === 'stream') return `${names.of(name)}, ${counted(records, 'record')}`;
  // Invoked by another function, or by an operator.
  return kind === 'other' ? `invoke ${names.of(id)}` : name;
}

/** Brackets concurrent calls: the caller sent the next without awaiting the previous one. */
function branchOf(nth: number, size: number, isLast: boolean): string {
  if (size === 1) return isLast ? '└──' : '├──';
  if (nth === 0) return isLast ? '└─┬' : '├─┬';
  return `${isLast ? ' ' : '│'} ${nth === size - 1 ? '└' : '├'}`;
}

function callLine(call: Call, invocation: Invocation, names: Names, paint: Paint): string {
  const start = (call.issuedMs - invocation.startMs).toFixed(1).padStart(6);
  const batch = call.entries > 1 ? ` ×${call.entries}` : '';
  const target = targetOf(call, names) + batch;
  const took = duration((call.endMs ?? call.issuedMs) - call.startMs).padStart(9);
  const isGood = call.outcome === 'answered' && (call.status ?? 500) < 400;
  const style = isGood ? 'dim' : call.status === 400 || call.status === 410 ? 'yellow' : 'red';
  const retry = call.attempt > 1 ? paint('yellow', `  attempt ${call.attempt}`) : '';
  const fault = call.fault === undefined ? '' : paint('red', `  fault: ${call.fault}`);
  const result = paint(style, isGood ? 'ok' : (call.error ?? call.outcome));
  return `${paint('dim', start)}  ${call.operation.padEnd(18)} ${target.padEnd(18)} ${took}  ${unitsOf(call).padEnd(4)} ${result}${retry}${fault}`;
}

function targetOf({ connectionId, tables, ...call }: Call, names: Names): string {
  if (connectionId !== undefined) return call.user === undefined ? connectionId : whoIs(call);
  const { queue, topic, bucket, invoked } = call;
  const target = queue ?? topic ?? bucket ?? invoked;
  return target === undefined ? tables.map((table) => names.of(table)).join(' + ') : names.of(target);
}

function whoIs({ user, device }: { readonly user?: string; readonly device?: string }): string {
  return plain(device === undefined ? String(user) : `${user}/${device}`);
}

/** Removes control characters: clients choose these texts. */
function plain(text: string): string {
  return text.replace(/\p{C}/gu, '?');
}

function unitsOf({ readUnits, writeUnits }: Pick<Call, 'readUnits' | 'writeUnits'>): string {
  return [writeUnits > 0 ? `${writeUnits}w` : '', readUnits > 0 ? `${readUnits}r` : '']
    .filter(Boolean)
    .join(' ');
}

function sumOf(calls: readonly Call[]): string {
  const writeUnits = calls.reduce((sum, call) => sum + call.writeUnits, 0);
  const readUnits = calls.reduce((sum, call) => sum + call.readUnits, 0);
  const posts = calls.filter(({ operation }) => operation === 'PostToConnection').length;
  const parts = [
    `${calls.length} calls, ${chainLength(calls)} in a row`,
    writeUnits > 0 ? counted(writeUnits, 'write unit') : '',
    readUnits > 0 ? counted(readUnits, 'read unit') : '',
    posts > 0 ? counted(posts, 'post') : '',
  ];
  return parts.filter(Boolean).join(', ');
}

function callsAtOnce(calls: readonly Call[]): readonly (readonly Call[])[] {
  const groups: Call[][] = [];
  let busyUntilMs = Number.NEGATIVE_INFINITY;
  for (const call of calls) {
    const group = groups.at(-1);
    if (group !== undefined && call.issuedMs < busyUntilMs) group.push(call);
    else groups.push([call]);
    busyUntilMs = Math.max(busyUntilMs, call.endMs ?? Number.POSITIVE_INFINITY);
  }
  return groups;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function duration(milliseconds: number): string {
  return `${milliseconds.toFixed(1)} ms`;
}
