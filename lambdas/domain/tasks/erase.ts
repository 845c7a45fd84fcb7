import type { ConversationTrail } from '../model/task.ts';
import { type BanPorts, banUser } from '../sessions/ban.ts';
import type { TaskPorts } from './run-task.ts';
import type { Step } from './step.ts';

export interface ErasePorts extends TaskPorts, BanPorts {
  readonly trail: ConversationTrail;
}

/** Longer than any function that had begun before the ban. */
const SETTLE_SECONDS = 15;

/** Ends the user's sessions, and lets nobody connect again: from here on nothing more is written in the user's name. */
const ban: Step<ErasePorts> = {
  name: 'ban',
  async run(ports, { userId = '' }) {
    await banUser(ports, { userId, until: undefined, reason: undefined }, ports.clock());
    return {};
  },
};

/** What had begun before the ban is over, and is erased by what follows. */
const settle: Step<ErasePorts> = {
  name: 'settle',
  async run(_, __, cursor) {
    return cursor === undefined ? { next: { waited: true }, waitSeconds: SETTLE_SECONDS } : {};
  },
};

/** The steps of an erasure (IM-ERASE-1), in their order. */
export const ERASE_STEPS: readonly Step<ErasePorts>[] = [ban, settle];
