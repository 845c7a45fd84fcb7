import type { MuteTried } from '../people-history.ts';
import type { At, Evidence } from './evidence.ts';
import { isMaybeOn, type Period, surelyOn } from './switches.ts';
import type { Violation } from './violation.ts';

/** When a user had surely muted a conversation. */
interface Mute extends Period {
  readonly user: string;
  readonly conversationId: string;
}

export function mutesOf(evidence: Evidence): Mute[] {
  const switches = Map.groupBy(
    evidence.of('mute'),
    ({ user, conversationId }) => `${user} ${conversationId}`,
  );
  return [...switches.values()].flatMap((tries) =>
    surelyOn(tries).map(({ since, until }): Mute => {
      const [{ user = '', conversationId = '' } = {}] = tries;
      return { user, conversationId, since, until };
    }),
  );
}

/** IM-SETTINGS-1: a list that was asked for after a change says so. */
export function findWrongMutes(evidence: Evidence): Violation[] {
  return evidence.of('listed').flatMap(({ user, at, begun, conversations }) =>
    conversations.flatMap(({ conversationId, muted = false }): Violation[] => {
      const tries = evidence
        .of('mute')
        .filter((one) => one.user === user && one.conversationId === conversationId);
      const isRight = muted ? isMaybeOn(tries, begun, at) : !isSurelyOn(tries, begun, at);
      if (isRight) return [];
      const text = `${user} lists ${conversationId} as ${muted ? '' : 'not '}muted`;
      return [
        {
          invariant: 'IM-SETTINGS',
          kind: 'wrong-setting',
          text,
          events: [...tries.map((one) => one.at), at],
        },
      ];
    }),
  );
}

function isSurelyOn(tries: readonly At<MuteTried>[], begun: number, at: number): boolean {
  return surelyOn(tries).some(({ since, until }) => begun > since && at < until);
}
