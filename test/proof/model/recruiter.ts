import type { Json } from '../../flow/setup/json.ts';
import type { Met, Recruited } from '../people-history.ts';
import type { Recorder } from '../recorder.ts';
import type { Account } from './account.ts';
import { effectOfCode } from './send-intent.ts';

/** The default. Nobody else meets so many. */
export const STRANGERS_PER_DAY = 100;

const MOST_TRIES = 10;
/** A request each. */
const MOST_WRITES = 8;
/** The functions' clocks are wrong by a second. */
const SKEW_MS = 1_000;

type Way = Recruited['way'];

/** A user who only meets strangers: writes to them first, founds groups of them, and adds them to groups (IM-BUDGET-3). */
export class Recruiter {
  readonly #account: Account;
  readonly #recorder: Recorder;
  readonly #begunMs = Date.now();
  readonly #groups: string[] = [];
  /** Whose first message may be stored. */
  readonly #open: string[] = [];
  #people = 0;

  constructor(account: Account, recorder: Recorder) {
    this.#account = account;
    this.#recorder = recorder;
  }

  /** Meets people whom nobody knows, so many at once in each of these ways. */
  async meet(ways: readonly Way[], count: number): Promise<void> {
    await Promise.all(
      ways.map((way) => {
        const people = way === 'write' ? Math.min(count, MOST_WRITES) : count;
        return this.#meet(way, this.#newcomers(people));
      }),
    );
  }

  async #meet(way: Way, people: readonly string[]): Promise<void> {
    const group = this.#groups.at(-1);
    if (way === 'write') await Promise.all(people.map((person) => this.#write(person)));
    else if (way === 'add' && group !== undefined)
      await this.#try(way, people, `/groups/${group}/members`, { members: people });
    else {
      const { body } = await this.#try('found', people, '/groups', { name: 'a crowd', members: people });
      if (body.conversationId !== undefined) this.#groups.push(body.conversationId);
    }
  }

  async #write(person: string): Promise<void> {
    const content = { type: 'text', text: `${this.#account.user} says hi` };
    const message = { to: person, clientMsgId: 'hi', content };
    const { outcome } = await this.#try('write', [person], '/messages', message);
    if (outcome === 'unknown') this.#open.push(person);
  }

  async #try(way: Way, people: readonly string[], path: string, request: object) {
    const { user } = this.#account;
    const begun = this.#recorder.now;
    const { status, body } = await this.#account.request('POST', path, request);
    const outcome = status === 200 || status === 201 ? 'done' : effectOfCode(body.code);
    const code: unknown = outcome === 'refused' ? body.code : undefined;
    const event: Recruited = { type: 'recruited', user, way, people, begun, outcome };
    this.#recorder.add(typeof code === 'string' ? { ...event, code } : event);
    return { outcome, body };
  }

  /** The faults have ended: repeats the messages with an unknown outcome. */
  async settle(): Promise<void> {
    for (let tries = 0; this.#open.length > 0; tries += 1) {
      if (tries === MOST_TRIES)
        throw new Error('A first message stays unknown although the faults have ended.');
      await Promise.all(this.#open.splice(0).map((person) => this.#write(person)));
    }
  }

  /** Everything is at rest: records whom the user has met, by what the user can read. */
  async count(): Promise<void> {
    if (this.#people === 0) return;
    const { user } = this.#account;
    const people: string[] = [];
    for (const { conversationId, peer } of await this.#all('/conversations', 'conversations')) {
      if (peer !== undefined) people.push(peer);
      else people.push(...(await this.#membersOf(conversationId)));
    }
    const days = dayOf(Date.now() + SKEW_MS) === dayOf(this.#begunMs - SKEW_MS) ? 1 : 2;
    const event: Met = { type: 'met', user, people, atMost: STRANGERS_PER_DAY * days };
    this.#recorder.add(event);
  }

  async #membersOf(conversationId: string): Promise<readonly string[]> {
    const members = await this.#all(`/groups/${conversationId}/members`, 'members');
    return members.map(({ userId }) => userId).filter((userId) => userId !== this.#account.user);
  }

  async #all(path: string, name: 'conversations' | 'members'): Promise<Json[]> {
    const all: Json[] = [];
    for (let cursor: string | null = ''; cursor !== null; ) {
      const query: string = cursor === '' ? '' : `?cursor=${encodeURIComponent(cursor)}`;
      const { status, body } = await this.#account.request('GET', path + query);
      if (status !== 200) throw new Error(`The recruiter got ${status} although the faults have ended.`);
      all.push(...body[name]);
      ({ cursor } = body);
    }
    return all;
  }

  #newcomers(count: number): readonly string[] {
    return Array.from({ length: count }, () => {
      this.#people += 1;
      return `stranger${this.#people}-${this.#account.user}`;
    });
  }
}

function dayOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 10);
}
