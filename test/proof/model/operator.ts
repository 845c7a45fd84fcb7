import { setTimeout as delay } from 'node:timers/promises';
import { asAdmin } from '../../flow/setup/admin.ts';
import { everythingIn } from '../../flow/setup/everything.ts';
import type { Json } from '../../flow/setup/json.ts';
import type { Effect, SeenMessage } from '../history.ts';
import type { Banned } from '../platform-history.ts';
import { readLoad } from './desk.ts';
import { effectOfCode } from './send-intent.ts';
import type { World } from './world.ts';

const MOST_TRIES = 10;
const PAUSE_MS = 50;

interface Task {
  readonly kind: 'erase' | 'export';
  readonly user: string;
  readonly taskId: string;
  /** The log index of the request that started it. */
  readonly begun: number;
}

/** The operator, with the admin API: bans users, exports what they wrote, erases them; removes files. */
export class Operator {
  readonly #world: World;
  readonly #tasks: Task[] = [];
  readonly #begunMs = Date.now();
  /** Users who were banned, or may be. */
  readonly #banned = new Set<string>();
  /** Users whose erasure was started. */
  readonly erased = new Set<string>();
  /** One request about a user at a time: of two, nobody could tell which was later. */
  readonly #turns = new Map<string, Promise<unknown>>();

  readonly #lateFiles: ReadonlySet<string>;

  /** @param lateFiles that were uploaded when their user's erasure had begun: a form is good for a while (IM-ERASE-4) */
  constructor(world: World, lateFiles: ReadonlySet<string>) {
    this.#world = world;
    this.#lateFiles = lateFiles;
  }

  ban(user: string, change: Banned['change']): Promise<void> {
    return this.#inTurn(user, async () => {
      // A lifting amid an erasure lets the user write on (IM-ERASE-2).
      if (this.erased.has(user)) return;
      await this.#ban(user, change);
    });
  }

  async #ban(user: string, change: Banned['change']): Promise<Effect> {
    const { recorder } = this.#world;
    const begun = recorder.now;
    if (change === 'ban') this.#banned.add(user);
    this.#end(user);
    const route = `/admin/users/${user}/ban`;
    const { outcome } =
      change === 'ban'
        ? await this.ask(`PUT ${route}`, { reason: 'rude' })
        : await this.ask(`DELETE ${route}`);
    if (change === 'lift' && outcome === 'done') this.#banned.delete(user);
    recorder.add({ type: 'ban', user, change, begun, outcome });
    this.#end(user);
    if (change === 'lift' && outcome === 'done') this.#world.app(user)?.comeBack();
    return outcome;
  }

  erase(user: string): Promise<void> {
    this.erased.add(user);
    return this.#inTurn(user, async () => {
      const { recorder } = this.#world;
      const begun = recorder.now;
      this.#end(user);
      const { outcome, body } = await this.ask(`DELETE /admin/users/${user}`);
      recorder.add({ type: 'erase', user, begun, outcome });
      if (outcome === 'done') this.#tasks.push({ kind: 'erase', user, taskId: body.taskId, begun });
    });
  }

  /** Removes one file of a message (IM-FILE-8). */
  async removeFile(conversationId: string, seq: number, attachmentId: string): Promise<Effect> {
    const { recorder } = this.#world;
    const begun = recorder.now;
    const message = `/admin/conversations/${encodeURIComponent(conversationId)}/messages/${seq}`;
    const { outcome } = await this.ask(`DELETE ${message}/attachments/${attachmentId}`);
    recorder.add({ type: 'removal', conversationId, seq, attachmentId, begun, outcome });
    return outcome;
  }

  async export(user: string): Promise<void> {
    const begun = this.#world.recorder.now;
    const { outcome, body } = await this.ask(`POST /admin/users/${user}/export`);
    if (outcome === 'done') this.#tasks.push({ kind: 'export', user, taskId: body.taskId, begun });
  }

  /** The faults have ended: lifts the bans, and starts the erasures whose start is not known. */
  async settle(): Promise<void> {
    await this.#lookAtAgents();
    for (const user of this.#banned)
      if (!this.erased.has(user)) await untilSo(async () => (await this.#ban(user, 'lift')) === 'done');
    for (const user of this.erased)
      await untilSo(async () => {
        if (!this.#isStarted(user)) await this.erase(user);
        return this.#isStarted(user);
      });
  }

  /** Those who are banned have no chats once the desk has done its work (IM-BAN-2). */
  async #lookAtAgents(): Promise<void> {
    const agents = this.#world.staff.filter(({ user }) => this.#banned.has(user));
    if (agents.length === 0) return;
    this.#world.recorder.add({ type: 'resting' });
    this.#world.redriven += await this.#world.infrastructure.queues.drain();
    for (const { user } of agents) await readLoad(this.#world, user);
  }

  #isStarted(user: string): boolean {
    return this.#tasks.some((task) => task.kind === 'erase' && task.user === user);
  }

  /** The queues are empty, so all tasks have ended: records what came of them. */
  async finish(): Promise<void> {
    for (const task of this.#tasks) {
      const body = await this.taskOf(task.taskId);
      const { kind, user } = task;
      if (body.state !== 'done') this.#world.recorder.add({ type: 'endless', user, kind, step: body.step });
      // An erasure deletes the exports from before.
      else if (kind === 'export' && !this.erased.has(user)) await this.#readExport(task, body.link);
    }
    const erased = [...this.erased];
    const all =
      erased.length === 0 ? [] : await everythingIn(this.#world.infrastructure.runtime, this.#begunMs);
    for (const user of erased) {
      // All that a user writes in the model says whose it is.
      // The file of an import that did not start stays for a week (IM-IMPORT-1).
      const left = all
        .filter(({ place }) => !place.includes('/imports/'))
        .filter(
          ({ place, text }) =>
            text.includes(`${user}'s `) &&
            ![...this.#lateFiles].some((attachmentId) => place.includes(attachmentId)),
        )
        .map(({ place }) => place);
      this.#world.recorder.add({ type: 'erased', user, left });
    }
  }

  async #readExport({ user, begun }: Task, link: string): Promise<void> {
    const all: Json[] = (await (await fetch(link)).text())
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line));
    const lines: Record<string, number> = {};
    for (const { kind } of all) lines[kind] = (lines[kind] ?? 0) + 1;
    const messages: SeenMessage[] = all.filter(({ kind }) => kind === 'message');
    this.#world.recorder.add({ type: 'exported', user, begun, lines, of: all[0].userId, messages });
  }

  taskOf(taskId: string): Promise<Json> {
    return this.#read(`GET /admin/tasks/${taskId}`).then(({ body }) => ({ counts: {}, ...body }));
  }

  /** Makes a request of the operator's. */
  async ask(routeKey: string, body?: object): Promise<{ outcome: Effect; body: Json }> {
    const answer = await this.#read(routeKey, body);
    if (answer.status >= 200 && answer.status < 300) return { outcome: 'done', body: answer.body };
    this.#world.recorder.note(`${routeKey}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return { outcome: effectOfCode(answer.body?.code), body: answer.body };
  }

  #read(routeKey: string, body?: object): Promise<{ status: number; body: Json }> {
    return asAdmin(this.#world.infrastructure.runtime, routeKey, body).catch((error: unknown) => ({
      status: 0,
      body: { message: String(error) },
    }));
  }

  /** No promise holds for the user's sessions any more. */
  #end(user: string): void {
    for (const device of this.#world.devices) if (device.user === user) device.forsake('a ban may end it');
  }

  #inTurn<Result>(user: string, act: () => Promise<Result>): Promise<Result> {
    const done = (this.#turns.get(user) ?? Promise.resolve()).then(act);
    this.#turns.set(
      user,
      done.catch(() => undefined),
    );
    return done;
  }
}

async function untilSo(isSo: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; !(await isSo()); tries += 1) {
    if (tries === MOST_TRIES)
      throw new Error('A request of the operator stays without an answer although the faults have ended.');
    await delay(PAUSE_MS);
  }
}
