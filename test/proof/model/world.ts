import type { ActiveFault } from '../../../local/aws-proxy/index.ts';
import type { Conversation, DeskRecord, Effect } from '../history.ts';
import { Recorder } from '../recorder.ts';
import { Account } from './account.ts';
import { App } from './app.ts';
import { Device } from './device.ts';
import { type PlannedRule, toRule } from './faults.ts';
import { found } from './founding.ts';
import type { Infrastructure } from './infrastructure.ts';
import {
  APPS,
  CUSTOMERS,
  DEVICES,
  NAMES,
  RECRUITER,
  rolesOf,
  SKEWS_MS,
  STAFF,
  SUPERVISOR,
} from './people.ts';
import { Recruiter } from './recruiter.ts';
import type { SendIntent } from './send-intent.ts';

/** The acting user and the affected member, in the group whose members change. */
export interface Change {
  readonly by: string;
  readonly change: 'add' | 'remove';
  readonly member: string;
}

/**
 * When the faults have ended; when all sends have an outcome; when the queues are empty; when the histories have been read; and at the
 * end, when nobody is connected.
 */
export type HealStep = 'settle' | 'probe' | 'finish' | 'inspect' | 'conclude';

interface WriteOptions {
  readonly byEvent?: boolean;
  /** To the hook. */
  readonly order?: string;
  /** Of a message with files. */
  readonly attachmentIds?: readonly string[];
}

export interface WorldOptions {
  readonly seed: number;
  readonly users: number;
  /** How many of the users have a program. @default 2 */
  readonly apps?: number;
}

let runs = 0;

/** The users of one run, their send intents, and their changes of the group. */
export class World {
  readonly seed: number;
  readonly infrastructure: Infrastructure;
  readonly recorder: Recorder;
  readonly accounts: readonly Account[];
  /** The desk's agents. */
  readonly staff: readonly Account[];
  readonly supervisor: Account;
  readonly devices: readonly Device[];
  /** The programs of the first users. */
  readonly apps: readonly App[];
  readonly intents: SendIntent[] = [];
  readonly recruiter: Recruiter;
  /** Repeat the edits and reactions with an unknown outcome. */
  readonly openEffects: (() => Promise<void>)[] = [];
  /** Changes of the group with an unknown outcome. */
  readonly openChanges: Change[] = [];
  readonly faults: { readonly rule: PlannedRule; readonly active: ActiveFault }[] = [];
  readonly #tokens = new Map<string, Promise<string>>();
  readonly #pending = new Set<Promise<void>>();
  readonly #failures: unknown[] = [];
  /** The name of each command that was run. */
  readonly actions: string[] = [];
  redriven = 0;

  constructor(infrastructure: Infrastructure, { seed, users, apps = APPS }: WorldOptions) {
    runs += 1;
    this.infrastructure = infrastructure;
    this.seed = seed;
    this.recorder = new Recorder(seed);
    const run = `${process.pid}-${runs}`;
    const { runtime } = infrastructure;
    const account = (name: string) => {
      const user = `${name}-${run}`;
      const token = () => this.#token(user);
      return new Account(user, { recorder: this.recorder, httpUrl: runtime.httpUrl, token });
    };
    this.accounts = Array.from({ length: users }, (_, index) => account(NAMES[index] ?? `user${index}`));
    this.staff = STAFF.map(account);
    this.supervisor = account(SUPERVISOR);
    this.recruiter = new Recruiter(account(RECRUITER), this.recorder);
    this.devices = [...this.accounts, ...this.staff].flatMap((account, index) =>
      DEVICES.map(
        (name) =>
          new Device(account.user, name, {
            recorder: this.recorder,
            runtime,
            account,
            token: () => this.#token(account.user),
            skewMs: SKEWS_MS[index % SKEWS_MS.length] ?? 0,
          }),
      ),
    );
    this.apps = this.accounts.slice(0, apps).map(
      ({ user }) =>
        new App(user, {
          recorder: this.recorder,
          runtime: { wsUrl: runtime.wsUrl, httpUrl: runtime.httpUrl },
          portalUrl: infrastructure.portal.url,
          token: () => this.#token(user),
          conversations: () => this.#idsOf(user),
        }),
    );
  }

  /** The conversations in which this user is at times. */
  #idsOf(user: string): readonly string[] {
    return this.conversations
      .filter(({ members }) => members.includes(user))
      .map(({ conversationId }) => conversationId);
  }

  /** The users meet, and everybody's devices are connected. */
  async begin(): Promise<void> {
    await found(this);
    for (const app of this.apps) app.start();
    await Promise.all(
      this.devices.map((device) => device.connect({ mode: 'managed', replaces: false, greeting: 'drain' })),
    );
  }

  /** Makes a group of these. @returns its id */
  async newGroup([founder = '', ...members]: readonly string[]): Promise<string> {
    const request = { name: 'a group', members };
    const { status, body } = await this.account(founder).request('POST', '/groups', request);
    if (status !== 201) throw new Error(`No group: ${status} ${JSON.stringify(body)}`);
    return body.conversationId;
  }

  get conversations(): readonly Conversation[] {
    return this.recorder.conversations;
  }

  /** Whom an operator may ban or erase, beside the desk's agents. */
  get mortals(): readonly string[] {
    return [];
  }

  /** The users who open support chats; the others never do. */
  get customers(): readonly string[] {
    return this.accounts.slice(0, CUSTOMERS).map(({ user }) => user);
  }

  isErased(_user: string): boolean {
    return false;
  }

  /** A group that an operator may delete. */
  get mortalGroup(): Conversation | undefined {
    return undefined;
  }

  isDeleted(_conversationId: string): boolean {
    return false;
  }

  /** The user's program. */
  app(user: string): App | undefined {
    return this.apps.find((app) => app.user === user);
  }

  /** What others than users do while a run heals. */
  async heal(_step: HealStep): Promise<void> {}

  /** The group whose members join and leave; the first stays. */
  get changingGroup(): Conversation {
    return find(
      this.conversations,
      ({ isChanging, conversationId }) => isChanging === true && conversationId.startsWith('g:'),
    );
  }

  /** The support chats that this customer has opened, as far as is known. */
  chatsOf(customer: string): readonly string[] {
    return this.conversations
      .filter(({ members, conversationId }) => conversationId.startsWith('cs:') && members[0] === customer)
      .map(({ conversationId }) => conversationId);
  }

  /** Its agents change. */
  meetChat({ conversationId, customer }: DeskRecord): void {
    if (this.conversations.some((one) => one.conversationId === conversationId)) return;
    const members = [customer, ...this.staff.map(({ user }) => user)];
    this.recorder.addConversation({ conversationId, members, isChanging: true });
  }

  account(user: string): Account {
    return find([...this.accounts, ...this.staff, this.supervisor], (one) => one.user === user);
  }

  device(user: string, index: number): Device {
    return find(this.devices, (one) => one.user === user && one.name === DEVICES[index % DEVICES.length]);
  }

  /** Makes a new intent; its text has the user and a number. */
  write(
    conversation: Conversation,
    user: string,
    { byEvent = false, order = '', attachmentIds = [] }: WriteOptions = {},
  ): SendIntent {
    const number = this.intents.length + 1;
    const clientMsgId = `m${number}`;
    const text = `${user}'s ${clientMsgId}${order && ` ${order}`}`;
    const peer = conversation.conversationId.startsWith('dm:')
      ? conversation.members.find((member) => member !== user)
      : undefined;
    const intent: SendIntent = {
      user,
      conversationId: conversation.conversationId,
      ...(peer !== undefined && { peer }),
      clientMsgId,
      content:
        attachmentIds.length === 0
          ? { type: 'text', text }
          : { type: 'file', text, attachments: attachmentIds.map((attachmentId) => ({ attachmentId })) },
      byEvent,
      outcomes: [],
    };
    this.intents.push(intent);
    return intent;
  }

  async changeGroup(one: Change): Promise<void> {
    const { by, change, member } = one;
    const outcome = await this.account(by).change(change, this.changingGroup.conversationId, member);
    if (outcome === 'unknown') this.openChanges.push(one);
  }

  /** Tries a change of a message. Healing tries it again if its outcome is unknown. */
  async attempt(user: string, change: () => Promise<Effect>): Promise<void> {
    if ((await change()) === 'unknown' && !this.isErased(user))
      this.openEffects.push(() => this.attempt(user, change));
  }

  inject(rule: PlannedRule): void {
    const name = `${this.faults.length}`;
    this.recorder.note(`fault ${name}: ${JSON.stringify(rule)}`);
    const onGone = (connection: string) =>
      this.recorder.add({ type: 'disconnected', connection, why: `fault ${name} says that it is gone` });
    this.faults.push({
      rule,
      active: this.infrastructure.proxy.inject(toRule(rule, { seed: this.seed, name, onGone })),
    });
  }

  clearFaults(): void {
    this.recorder.note('no more faults');
    this.infrastructure.proxy.clearFaults();
  }

  /** Starts the work; waits for its end, or continues concurrently. */
  async perform(run: () => Promise<unknown>, wait: boolean): Promise<void> {
    const done: Promise<void> = run()
      .then(
        () => undefined,
        (error: unknown) => void this.#failures.push(error),
      )
      .finally(() => this.#pending.delete(done));
    this.#pending.add(done);
    if (wait) await done;
  }

  /** Resolves when nothing is running. @throws errors of the harness itself */
  async rest(): Promise<void> {
    while (this.#pending.size > 0) await Promise.all(this.#pending);
    if (this.#failures.length > 0)
      throw new Error(`The harness failed: ${this.#failures.map(describe).join('\n')}`);
  }

  #token(user: string): Promise<string> {
    const token = this.#tokens.get(user) ?? this.infrastructure.runtime.token(user, { roles: rolesOf(user) });
    this.#tokens.set(user, token);
    return token;
  }
}

function describe(error: unknown): string {
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function find<One>(all: readonly One[], fits: (one: One) => boolean): One {
  const found = all.find(fits);
  if (found === undefined) throw new Error('Unknown user.');
  return found;
}
