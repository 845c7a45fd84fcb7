import { setTimeout as delay } from 'node:timers/promises';
import { ulid } from 'ulid';
import { type Form, postForm } from '../../flow/setup/small-files.ts';
import type { Operator } from './operator.ts';
import type { World } from './world.ts';

/** Old enough to be the past, young enough not to have expired. */
const DAY_MS = 86_400_000;
const LOOKS = 20;
const LOOK_MS = 150;

interface OldMessage {
  readonly tryId: number;
  readonly messageId: string;
  readonly seq: number;
  readonly sentAt: number;
}

/** One group of another system, which the operator brings in. */
interface OldGroup {
  readonly conversationId: string;
  readonly members: readonly string[];
  readonly lines: string;
  readonly messages: readonly OldMessage[];
  /** Of the tasks that were started with it. */
  readonly taskIds: string[];
  isThere: boolean;
}

/** Brings groups of another system in, while their members talk elsewhere, and then there. */
export class Importer {
  readonly #world: World;
  readonly #operator: Operator;
  readonly #groups: OldGroup[] = [];

  constructor(world: World, operator: Operator) {
    this.#world = world;
    this.#operator = operator;
  }

  /** Makes up a group, and imports it. @param count of its messages */
  async import(count: number): Promise<void> {
    const group = this.#makeUp(count);
    if (group === undefined) return;
    this.#groups.push(group);
    await this.#start(group);
    for (let looks = 0; looks < LOOKS && group.taskIds.length > 0 && !group.isThere; looks += 1) {
      await this.#look(group);
      await delay(LOOK_MS);
    }
  }

  /** Imports the latest once more: nothing is there twice (IM-IMPORT-5). */
  async again(): Promise<void> {
    const group = this.#groups.at(-1);
    if (group !== undefined) await this.#start(group);
  }

  /** The faults have ended: starts what is not known to have started. */
  async settle(): Promise<void> {
    for (const group of this.#groups)
      for (let tries = 0; group.taskIds.length === 0 && tries < LOOKS; tries += 1) await this.#start(group);
  }

  /** The queues are empty, so all tasks have ended. */
  async finish(): Promise<void> {
    for (const group of this.#groups) {
      if (await this.#look(group, true)) continue;
      const { conversationId: user } = group;
      this.#world.recorder.add({ type: 'endless', user, kind: 'import' });
    }
  }

  #makeUp(count: number): OldGroup | undefined {
    const { recorder, mortals } = this.#world;
    const { accounts } = this.#world;
    // Their users have no program, which would list it only once it connects again.
    const members = accounts
      .map(({ user }) => user)
      .filter((user) => this.#world.app(user) === undefined && !this.#world.isErased(user))
      .toSorted((a, b) => Number(mortals.includes(a)) - Number(mortals.includes(b)));
    const [admin = '', ...others] = members;
    if (others.length === 0) return undefined;
    const conversationId = `g:${ulid()}`;
    const begunMs = Date.now() - DAY_MS;
    const messages: OldMessage[] = [];
    const lines: object[] = [
      {
        ...{ kind: 'conversation', conversationId, lastSeq: count, readSeqs: { [admin]: 0 } },
        group: { name: 'Rowers', admins: [admin] },
      },
      ...others.map((userId) => ({ kind: 'member', conversationId, userId, readSeq: 0 })),
    ];
    for (let seq = 1; seq <= count; seq += 1) {
      const from = members[seq % members.length] ?? admin;
      const content = { type: 'text', text: `${from}'s old ${seq}` };
      const [clientMsgId, messageId] = [`old${seq}`, ulid(begunMs + seq)];
      const sentAt = begunMs + seq * 1_000;
      lines.push({ kind: 'message', conversationId, seq, from, sentAt, content, messageId, clientMsgId });
      const tryId = recorder.begin({ user: from, via: 'import', conversationId, clientMsgId, content });
      messages.push({ tryId, messageId, seq, sentAt });
    }
    const text = lines.map((line) => JSON.stringify(line)).join('\n');
    return { conversationId, members, lines: text, messages, taskIds: [], isThere: false };
  }

  async #start(group: OldGroup): Promise<void> {
    const made = await this.#operator.ask('POST /admin/imports', { size: Buffer.byteLength(group.lines) });
    if (made.outcome !== 'done') return;
    const { importId, upload } = made.body;
    const [status] = await postForm(upload as Form, group.lines).catch(() => [0] as const);
    if (status !== 204) return;
    const { outcome, body } = await this.#operator.ask(`POST /admin/imports/${importId}/tasks`, {});
    if (outcome === 'done') group.taskIds.push(body.taskId);
  }

  /** @returns whether all tasks have ended. One that has brought all in is like an ack of each message. */
  async #look(group: OldGroup, isAtRest = false): Promise<boolean> {
    const { recorder } = this.#world;
    const tasks = await Promise.all(group.taskIds.map((taskId) => this.#operator.taskOf(taskId)));
    const ended = tasks.filter(({ state }) => state === 'done');
    // A task that finds the group with another one refuses its lines.
    const isWhole = isAtRest || ended.some(({ counts }) => (counts.refused ?? 0) === 0);
    if (ended.length > 0 && isWhole && !group.isThere) {
      group.isThere = true;
      const { conversationId, members } = group;
      recorder.addConversation({ conversationId, members });
      for (const { tryId, messageId, seq, sentAt } of group.messages)
        recorder.settle(tryId, { is: 'acked', messageId, seq, sentAt, duplicate: false });
    }
    return ended.length > 0 && ended.length === group.taskIds.length;
  }
}
