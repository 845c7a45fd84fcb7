import type { DeskAgent, DeskChat } from '@serverless-im/client/desk';
import { useEffect, useState } from 'react';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { usePeople } from '../ui/names.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import { useDeskIm } from './desk-client.ts';
import { repeatedly } from './repeatedly.ts';
import { wordsOf } from './words.ts';

/** The list is read again at this interval: colleagues become ready, or busy, while the agent looks at it. */
const REFRESH_MS = 3_000;

export interface TransferProps {
  readonly chat: DeskChat;
  onClose(): void;
}

/** Chooses the receiver of the chat: a ready colleague, or the queue. */
export function Transfer({ chat, onClose }: TransferProps) {
  const im = useDeskIm();
  const colleagues = useColleagues(chat);
  const { error, attempt } = useAttempt(wordsOf);
  const transfer = (to: string) => attempt(im.agent.transfer(chat.conversationId, to), onClose);
  return (
    <Dialog title="Transfer this chat" onClose={onClose}>
      <div className="form">
        {colleagues === undefined ? (
          <p className="desk-hint" role="status">
            Looking who is ready…
          </p>
        ) : colleagues.length === 0 ? (
          <p className="desk-hint">No colleague is ready.</p>
        ) : (
          <ul className="desk-colleagues" aria-label="Colleagues who are ready">
            {colleagues.map((one) => (
              <li key={one.userId}>
                <Colleague agent={one} onChoose={() => transfer(one.userId)} />
              </li>
            ))}
          </ul>
        )}
        <FormError text={error} />
        <div className="form-actions">
          <Button onClick={() => transfer('queue')}>Back to the queue</Button>
        </div>
      </div>
    </Dialog>
  );
}

function Colleague({ agent, onChoose }: { readonly agent: DeskAgent; onChoose(): void }) {
  const { userId, active, capacity } = agent;
  const { nameOf, avatarOf } = usePeople();
  const known = nameOf(userId);
  const name = known === userId ? (agent.name ?? userId) : known;
  const isFull = active >= capacity;
  return (
    <button type="button" disabled={isFull} onClick={onChoose}>
      <Avatar name={name} colorOf={userId} picture={avatarOf(userId)} />
      <span className="desk-colleague-name">
        <bdi>{name}</bdi>
        {name !== userId && <small dir="auto">{userId}</small>}
      </span>
      <span className="desk-colleague-load">
        {isFull ? 'full' : `${active} of ${capacity} ${capacity === 1 ? 'chat' : 'chats'}`}
      </span>
    </button>
  );
}

/** All other ready agents, by name; undefined until they are known. The customer may be an agent, too. */
function useColleagues({ customer }: DeskChat): readonly DeskAgent[] | undefined {
  const im = useDeskIm();
  const [colleagues, setColleagues] = useState<readonly DeskAgent[]>();
  useEffect(
    () =>
      repeatedly(async (ended) => {
        const ready = await im.agent.all().catch(() => undefined);
        const others = ready?.filter(({ userId }) => userId !== im.userId && userId !== customer);
        if (!ended.aborted && others !== undefined) setColleagues(others);
        return REFRESH_MS;
      }),
    [im, customer],
  );
  return colleagues;
}
