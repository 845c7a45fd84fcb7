import type { DeskRecord } from '../history.ts';
import { isBeingErased } from './erasures.ts';
import { type Evidence, isDesk } from './evidence.ts';
import type { Violation, ViolationKind } from './violation.ts';

/** What the protocol promises of the desk (IM-DESK). */
export function findDeskViolations(evidence: Evidence): Violation[] {
  return [...findWrongChats(evidence), ...findTwoOpen(evidence), ...findRatedTwice(evidence)];
}

function violation(kind: ViolationKind, text: string, events: readonly number[]): Violation {
  return { invariant: 'IM-DESK', kind, text, events };
}

type Step = readonly [from: DeskRecord['state'], to: DeskRecord['state']];

const STATES: Readonly<Record<string, Step>> = {
  assigned: ['waiting', 'assigned'],
  transferred: ['assigned', 'assigned'],
  requeued: ['assigned', 'waiting'],
};

/** A chat's messages tell one story, with one agent at a time, and its state is where they end. */
function findWrongChats(evidence: Evidence): Violation[] {
  const [final] = evidence.of('chats');
  if (final === undefined) return [];
  return evidence.conversationIds.filter(isDesk).flatMap((id) => {
    let [state, agent]: [DeskRecord['state'], string | undefined] = ['waiting', undefined];
    const events = [final.at, evidence.finalAt(id)];
    const wrong: Violation[] = [];
    for (const { seq, content } of evidence.finalOf(id)) {
      const { type, event = '', users = [] } = content as { type: string; event?: string; users?: string[] };
      if (type !== 'system' || event === 'opened') continue;
      const step: Step = event === 'closed' ? [state, 'closed'] : (STATES[event] ?? ['closed', state]);
      const [from, to] = step;
      if (state !== from || state === 'closed')
        wrong.push(violation('two-agents', `${id} is ${state} and then ${event} (${seq})`, events));
      state = to;
      if (event === 'requeued') agent = undefined;
      if (event === 'assigned' || event === 'transferred') agent = users[0];
    }
    const told = final.chats.find(({ conversationId }) => conversationId === id);
    if (told?.state !== state || told.agent?.userId !== agent)
      wrong.push(
        violation(
          'two-agents',
          `${id} is ${told?.state} ${told?.agent?.userId}, and its history ends as ${state} ${agent}`,
          events,
        ),
      );
    return wrong;
  });
}

/** Opening again returns the chat that is open (IM-DESK-1), unless an erasure of the customer may have closed it. */
function findTwoOpen(evidence: Evidence): Violation[] {
  const requests = evidence.of('desk');
  const opened = requests.filter(
    ({ at, user, did, outcome }) =>
      did === 'open' && outcome === 'done' && !isBeingErased(evidence, user, at),
  );
  return opened.flatMap(({ at, user, begun, chat }) => {
    const other = opened.find(
      (one) =>
        one.user === user &&
        one.at < begun &&
        one.chat?.conversationId !== chat?.conversationId &&
        one.chat?.state !== 'closed' &&
        !requests.some(
          (end) => end.did === 'close' && end.conversationId === one.chat?.conversationId && end.begun < at,
        ),
    );
    if (other === undefined) return [];
    const text = `${user} opened ${chat?.conversationId} while ${other.chat?.conversationId} was open`;
    return [violation('two-chats', text, [other.at, begun, at])];
  });
}

/** The customer rates once (IM-DESK-3). */
function findRatedTwice(evidence: Evidence): Violation[] {
  const answers = evidence
    .of('desk')
    .flatMap(({ at, chat }) => (chat?.rating === undefined ? [] : [{ at, chat }]));
  const finals = evidence.of('chats').flatMap(({ at, chats }) => chats.map((chat) => ({ at, chat })));
  return answers.flatMap(({ at, chat }) => {
    const other = [...answers, ...finals].find(
      (one) =>
        one.at > at &&
        one.chat.conversationId === chat.conversationId &&
        one.chat.rating !== chat.rating &&
        one.chat.state === 'closed',
    );
    if (other === undefined) return [];
    const text = `${chat.conversationId} was rated ${chat.rating} and is rated ${other.chat.rating}`;
    return [violation('rated-twice', text, [at, other.at])];
  });
}
