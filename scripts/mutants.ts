/**
 * Takes each mechanism of docs/guarantees.md out, one at a time, in a worktree of its own, and runs the tests that are
 * said to need it: one that still passes proves nothing. `npm run mutants`; some minutes; not part of `check`.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

interface Mutant {
  /** The row of the fault table, or `desk`. */
  readonly fault: number | 'desk';
  readonly file: string;
  readonly from: string;
  readonly to: string;
  readonly project: 'flow' | 'unit' | 'emulator';
  readonly test: string;
  /** Part of the titles to run; all of the file's without it. */
  readonly only?: string;
}

const MUTANTS: readonly Mutant[] = [
  {
    fault: 1,
    file: 'lambdas/adapters/message-table.ts',
    from: "'attribute_not_exists(pk) OR #ttl <= :nowSeconds'",
    to: "'attribute_not_exists(pk) OR attribute_exists(pk) OR #ttl <= :nowSeconds'",
    project: 'flow',
    test: 'test/flow/faults.test.ts',
    only: 'after the commit',
  },
  {
    fault: 2,
    file: 'lambdas/domain/delivery.ts',
    from: 'if (jobs.length > 0) await ports.queue.enqueue(jobs);',
    to: '',
    project: 'flow',
    test: 'test/flow/faults.test.ts',
    only: 'at the receiver, mid-delivery',
  },
  {
    fault: 3,
    file: 'lambdas/domain/send.ts',
    from: 'handOut(ports, conversation, committed',
    to: 'committed.duplicate ? undefined : handOut(ports, conversation, committed',
    project: 'flow',
    test: 'test/flow/interleavings.test.ts',
    only: 'whose function dies',
  },
  {
    fault: 4,
    file: 'lambdas/adapters/inbox-table.ts',
    from: 'return { userId, ...reference, ttl',
    to: 'return { userId, ...reference, messageId: reference.messageId.slice(0, 24) + String(10 + Math.floor(Math.random() * 90)), ttl',
    project: 'flow',
    test: 'test/flow/faults.test.ts',
    only: 'that come twice',
  },
  {
    fault: 5,
    file: 'lambdas/workers/store-offline.ts',
    from: 'parseWith(jobSchema, parseJson(body))',
    to: "JSON.parse(body) as JobRecord['job']",
    project: 'flow',
    test: 'test/flow/sessions.test.ts',
    only: 'poison record',
  },
  {
    fault: 6,
    file: 'lambdas/domain/delivery.ts',
    from: 'await routes.disconnect(session).catch(() => undefined);',
    to: 'void routes;',
    project: 'unit',
    test: 'test/unit/lambdas/delivery.test.ts',
    only: 'forgets one stale device',
  },
  {
    fault: 7,
    file: 'lambdas/domain/session.ts',
    from: 'const YOUNG_MS = 5_000;',
    to: 'const YOUNG_MS = 0;',
    project: 'flow',
    test: 'test/flow/interleavings.test.ts',
    only: 'still being made',
  },
  {
    fault: 8,
    file: 'lambdas/domain/hand-off.ts',
    from: `  const unstored = await storeInInbox(ports, records);
  const stored`,
    to: `  const early = await ports.routes.sessionsOf([...new Set(records.map(({ job }) => job.userId))]);
  ports = { ...ports, routes: { ...ports.routes, sessionsOf: async () => early } };
  const unstored = await storeInInbox(ports, records);
  const stored`,
    project: 'flow',
    test: 'test/flow/interleavings.test.ts',
    only: 'who connects while',
  },
  {
    fault: 8,
    file: 'lambdas/domain/delivery.ts',
    from: 'const routes = await ports',
    to: "const routes = glimpsed.length > 0 ? new Map([['', glimpsed]]) : await ports",
    project: 'flow',
    test: 'test/flow/interleavings.test.ts',
    only: 'other device',
  },
  {
    fault: 9,
    file: 'lambdas/adapters/route-table.ts',
    from: "const STILL_HOLDS_DEVICE = '#device.#c = :connectionId';",
    to: "const STILL_HOLDS_DEVICE = '(#device.#c = :connectionId OR attribute_exists(userId))';",
    project: 'flow',
    test: 'test/flow/interleavings.test.ts',
    only: 'a late',
  },
  {
    fault: 10,
    file: 'lambdas/adapters/dynamodb.ts',
    from: 'throw isPassing(cause) ? new UnavailableError({ cause }) : cause;',
    to: 'void isPassing;\n    throw cause;',
    project: 'flow',
    test: 'test/flow/faults.test.ts',
    only: 'for good at',
  },
  {
    fault: 11,
    file: 'lambdas/adapters/connections.ts',
    from: 'const TIMEOUT_MS = 1_000;',
    to: 'const TIMEOUT_MS = 60_000;',
    project: 'flow',
    test: 'test/flow/faults.test.ts',
    only: 'holds up nobody',
  },
  {
    fault: 12,
    file: 'lambdas/domain/inbox.ts',
    from: '.flatMap(({ conversationId }) => bySeq.get(conversationId)?.shift() ?? []);',
    to: ';void bySeq;',
    project: 'unit',
    test: 'test/unit/lambdas/inbox.test.ts',
    only: 'whatever the server clocks said',
  },
  {
    fault: 13,
    file: 'lambdas/adapters/conversation-table.ts',
    from: "':one': 1,",
    to: "':one': Math.random() < 0.5 ? 1 : 0,",
    project: 'flow',
    test: 'test/flow/messages.test.ts',
    only: 'ten senders',
  },
  {
    fault: 14,
    file: 'lambdas/domain/group.ts',
    from: '!(await ports.groups.dismiss(conversationId, member))',
    to: 'Math.random() > 1',
    project: 'flow',
    test: 'test/flow/group-races.test.ts',
    only: 'though the removal is still under way',
  },
  {
    fault: 14,
    file: 'lambdas/domain/fan-out.ts',
    from: 'const users = [...members.filter',
    to: 'const users = foreseen.length > 0 ? [...foreseen] : [...members.filter',
    project: 'flow',
    test: 'test/flow/group-interleavings.test.ts',
    only: 'has a lower seq',
  },
  {
    fault: 15,
    file: 'lambdas/domain/recall.ts',
    from: "await ports.messages.redact(message, canonicalJson(recalled, 'content'));",
    to: 'void canonicalJson;',
    project: 'flow',
    test: 'test/flow/group-races.test.ts',
    only: 'of a message on its way',
  },
  {
    fault: 8,
    file: 'lambdas/domain/group.ts',
    from: 'handOutOvertaken(ports, message, users, joined.memberCount),',
    to: '',
    project: 'flow',
    test: 'test/flow/group-interleavings.test.ts',
    only: 'whose joining has a lower seq',
  },
  {
    fault: 'desk',
    file: 'lambdas/adapters/desk-transaction.ts',
    from: "ConditionExpression: '#head = :read',",
    to: "ConditionExpression: '#head = :read OR attribute_exists(pk)',",
    project: 'flow',
    test: 'test/flow/desk-races.test.ts',
    only: 'somebody writes while it claims',
  },
  {
    fault: 'desk',
    file: 'lambdas/adapters/desk-transaction.ts',
    from: '`#status = :ready AND active < #capacity',
    to: '`(attribute_exists(pk) OR #status = :ready OR active < #capacity)',
    project: 'flow',
    test: 'test/flow/desk-races.test.ts',
    only: 'goes away while claimed',
  },
  {
    fault: 'desk',
    file: 'lambdas/domain/desk/desk-queue.ts',
    from: 'await deskQueue.enqueue(jobs(true));',
    to: '',
    project: 'flow',
    test: 'test/flow/desk-races.test.ts',
    only: 'made good by its guard',
  },
  {
    fault: 'desk',
    file: 'lambdas/domain/desk/tell.ts',
    from: 'await tellOf(ports, chat, message, untold.former);',
    to: 'void untold.former;',
    project: 'unit',
    test: 'test/unit/lambdas/desk.test.ts',
    only: 'left untold',
  },
  {
    fault: 'desk',
    file: 'lambdas/domain/desk/vanish.ts',
    from: 'const goneSinceMs = Math.max(sinceMs, presence?.seenAtMs ?? 0);',
    to: 'const goneSinceMs = sinceMs;',
    project: 'unit',
    test: 'test/unit/lambdas/desk.test.ts',
    only: 'counts from the last session',
  },
];

const repository = resolve(import.meta.dirname, '..');
const worktree = mkdtempSync(join(tmpdir(), 'serverless-im-mutants-'));
execFileSync('git', ['worktree', 'add', '--detach', '--force', worktree, 'HEAD'], {
  cwd: repository,
  stdio: 'ignore',
});
symlinkSync(join(repository, 'node_modules'), join(worktree, 'node_modules'));
const wanted = process.argv.slice(2);
let survivors = 0;
try {
  for (const mutant of MUTANTS.filter(({ fault }) => wanted.length === 0 || wanted.includes(String(fault)))) {
    const killed = runMutant(mutant);
    if (!killed) survivors += 1;
    console.log(
      `fault ${mutant.fault}: ${killed ? 'its test fails without the mechanism' : 'SURVIVED'} (${mutant.test})`,
    );
  }
} finally {
  execFileSync('git', ['worktree', 'remove', '--force', worktree], { cwd: repository });
  rmSync(worktree, { recursive: true, force: true });
}
process.exitCode = survivors > 0 ? 1 : 0;

function runMutant({ file, from, to, project, test, only }: Mutant): boolean {
  const path = join(worktree, file);
  const source = readFileSync(path, 'utf8');
  if (!source.includes(from)) throw new Error(`${file} has no such text any more: ${from}`);
  writeFileSync(path, source.replace(from, to));
  const filter = only === undefined ? [] : ['--testNamePattern', only];
  const run = spawnSync('vitest', ['run', '--project', project, test, ...filter], {
    cwd: worktree,
    encoding: 'utf8',
  });
  writeFileSync(path, source);
  // A mutant that doesn't even start is no proof.
  if (!/Tests .*(passed|failed)/.test(run.stdout))
    throw new Error(`fault: no test ran\n${run.stdout}${run.stderr}`);
  return run.status !== 0;
}
