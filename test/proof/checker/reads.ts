import type { SeenMessage } from '../history.ts';
import type { Evidence } from './evidence.ts';

/** Pages of history and inbox, and last messages of lists; not pushes, which may have been in delivery. */
export function readsBegunAfter(
  evidence: Evidence,
  recalledAt: number,
): readonly { readonly at: number; readonly user: string; readonly message: SeenMessage }[] {
  const pages = evidence
    .of('saw')
    .filter(({ begun, page }) => (page?.begun ?? begun ?? 0) > recalledAt)
    .flatMap(({ at, user, messages }) => messages.map((message) => ({ at, user, message })));
  const finals = [
    ...evidence.of('final').filter(({ at }) => at > recalledAt),
    ...evidence.of('exported').filter(({ begun }) => begun > recalledAt),
  ].flatMap(({ at, user, messages }) => messages.map((message) => ({ at, user, message })));
  const lists = evidence
    .of('listed')
    .filter(({ begun }) => begun > recalledAt)
    .flatMap(({ at, user, conversations }) =>
      conversations.flatMap(({ lastMessage }) =>
        lastMessage === null ? [] : [{ at, user, message: lastMessage }],
      ),
    );
  return [...pages, ...finals, ...lists];
}
