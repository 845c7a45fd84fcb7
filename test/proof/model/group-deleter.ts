import { setTimeout as delay } from 'node:timers/promises';
import { everythingIn } from '../../flow/setup/everything.ts';
import type { Conversation } from '../history.ts';
import type { Operator } from './operator.ts';
import type { World } from './world.ts';

const LOOKS = 20;
const LOOK_MS = 150;
/** More than the operator removes at once. */
const CROWD = Array.from({ length: 32 }, (_, index) => `crowd${index}`);

/** A group that the operator may delete while its members write to it. */
export class GroupDeleter {
  readonly #world: World;
  readonly #operator: Operator;
  #group: Conversation | undefined;
  readonly #taskIds: string[] = [];
  #isGone = false;
  #isAsked = false;

  constructor(world: World, operator: Operator) {
    this.#world = world;
    this.#operator = operator;
  }

  /** All but the last user are in it, and in every other run many others. */
  async found(): Promise<void> {
    const { accounts, recorder, seed } = this.#world;
    const members = accounts.map(({ user }) => user).slice(0, -1);
    const crowd = seed % 2 === 0 ? [] : CROWD.map((name) => `${name}-${members[0]}`);
    const conversationId = await this.#world.newGroup([...members, ...crowd]);
    this.#group = { conversationId, members };
    recorder.addConversation(this.#group);
  }

  get group(): Conversation {
    if (this.#group === undefined) throw new Error('The group is not founded yet.');
    return this.#group;
  }

  isDeleted(conversationId: string): boolean {
    return this.#isAsked && conversationId === this.#group?.conversationId;
  }

  /** Starts the deletion, and watches it for a while. */
  async delete(): Promise<void> {
    const taskId = await this.#start();
    if (taskId === undefined) return;
    let last = '';
    for (let looks = 0; looks < LOOKS && last !== 'done'; looks += 1) {
      last = await this.#look(taskId, last);
      await delay(LOOK_MS);
    }
  }

  /** The faults have ended: starts a deletion whose start is not known. */
  async settle(): Promise<void> {
    for (let tries = 0; this.#isAsked && this.#taskIds.length === 0 && !this.#isGone; tries += 1) {
      if (tries === LOOKS) throw new Error('A deletion does not start although the faults have ended.');
      await this.#start();
    }
  }

  /** The queues are empty, so all tasks have ended: records what is left. */
  async finish(): Promise<void> {
    if (!this.#isAsked) return;
    const { infrastructure, recorder } = this.#world;
    const { conversationId } = this.group;
    for (const taskId of this.#taskIds) {
      const { state, step } = await this.#operator.taskOf(taskId);
      if (state !== 'done')
        recorder.add({ type: 'endless', user: conversationId, kind: 'delete-group', step });
    }
    const isOf = (place: string) =>
      place.split(' ').some((part) => part === conversationId || part.startsWith(`${conversationId}#`));
    const all = await everythingIn(infrastructure.runtime, Date.now());
    const left = all.map(({ place }) => place).filter(isOf);
    recorder.add({ type: 'deleted', conversationId, left });
  }

  async #start(): Promise<string | undefined> {
    const { recorder } = this.#world;
    const { conversationId } = this.group;
    const begun = recorder.now;
    this.#isAsked = true;
    const path = `/admin/groups/${encodeURIComponent(conversationId)}`;
    const { outcome, body } = await this.#operator.ask(`DELETE ${path}`);
    recorder.add({ type: 'delete', conversationId, begun, outcome });
    if (outcome === 'refused') this.#isGone = true;
    if (outcome !== 'done') return undefined;
    this.#taskIds.push(body.taskId);
    return body.taskId;
  }

  /** @returns the step that the task is at */
  async #look(taskId: string, last: string): Promise<string> {
    const { state, step } = await this.#operator.taskOf(taskId);
    const now: string = state === 'done' ? 'done' : (step ?? last);
    const { conversationId } = this.group;
    if (now !== last) this.#world.recorder.add({ type: 'deleting', conversationId, step: now });
    return now;
  }
}
