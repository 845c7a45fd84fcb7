import type { BlockReader, BlockWriter } from '../model/block.ts';
import type { UserEventWriter } from '../model/event.ts';
import type { PersonErasure } from '../model/person-erasure.ts';
import type { PushDeviceWriter } from '../model/push-registration.ts';
import type { Cursor } from '../model/task.ts';
import type { TaskPorts } from './run-task.ts';
import type { Page, Step } from './step.ts';

export interface ErasePersonPorts extends TaskPorts {
  readonly person: PersonErasure;
  readonly blocks: BlockReader;
  readonly blockWriter: BlockWriter;
  readonly pushDeviceWriter: PushDeviceWriter;
}

const ROWS = 25;
/** Each is a transaction of six units. */
const BLOCKS = 10;

type Part = 'profile' | 'contacts' | 'blocks' | 'inbox';
const AFTER: Readonly<Record<Part, Part | undefined>> = {
  profile: 'contacts',
  contacts: 'blocks',
  blocks: 'inbox',
  inbox: undefined,
};

/**
 * Removes what the user keeps (IM-ERASE-4): profile, devices that get notifications, contacts, blocks with their marks in the heads of conversations, and the inbox.
 * What others keep of the user, such as a contact with an alias, stays theirs. Idempotent.
 * @param name of the step: it runs twice
 */
export function erasePerson(name: string): Step<ErasePersonPorts> {
  return {
    name,
    async run(ports, { userId = '' }, cursor) {
      const part = (cursor?.['part'] as Part | undefined) ?? 'profile';
      const { erased, isDone } = await erasePart(ports, userId, part);
      const next: Cursor | undefined = isDone ? nextOf(part) : { part };
      return { next, ...(erased > 0 && { counts: { [part]: erased } }) };
    },
  };
}

function nextOf(part: Part): Cursor | undefined {
  const next = AFTER[part];
  return next === undefined ? undefined : { part: next };
}

interface Erased {
  readonly erased: number;
  readonly isDone: boolean;
}

async function erasePart(ports: ErasePersonPorts, userId: string, part: Part): Promise<Erased> {
  const { person } = ports;
  if (part === 'profile') {
    await person.forgetProfile(userId);
    await ports.pushDeviceWriter.unregister(userId);
    return { erased: 0, isDone: true };
  }
  if (part === 'blocks') return eraseBlocks(ports, userId);
  const erased = await person.forgetRows(userId, part, ROWS);
  return { erased, isDone: erased < ROWS };
}

async function eraseBlocks(
  { person, blocks, blockWriter }: ErasePersonPorts,
  userId: string,
): Promise<Erased> {
  const found = await blocks.blocks(userId, { limit: BLOCKS });
  for (const block of found) await blockWriter.unblock(userId, block.userId);
  const isDone = found.length < BLOCKS;
  if (isDone) await person.forgetCounts(userId);
  return { erased: found.length, isDone };
}

export interface EraseAccountPorts extends TaskPorts {
  readonly person: PersonErasure;
  /** @default - no events in this deployment */
  readonly userEvents?: UserEventWriter | undefined;
}

/**
 * Forgets when the user was last seen, what they spent, and the reasons of former bans. The ban stays: it is what keeps the user from
 * coming back with a token that is still valid. Idempotent.
 */
export const eraseAccount: Step<EraseAccountPorts> = {
  name: 'account',
  async run({ person }, { userId = '' }): Promise<Page> {
    await person.forgetAccount(userId);
    const erased = await person.forgetRows(userId, 'events', ROWS);
    return { next: erased < ROWS ? undefined : {} };
  },
};

/** Tells subscribers, who may have copies (IM-EVENT-1). One event a task, whatever dies. */
export const tellOfErasure: Step<EraseAccountPorts> = {
  name: 'event',
  async run({ userEvents }, { userId = '', startedAtMs }): Promise<Page> {
    await userEvents?.put({ type: 'user.erased', userId, at: startedAtMs });
    return {};
  },
};
