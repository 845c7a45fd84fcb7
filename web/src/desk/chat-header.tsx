import type { DeskChat } from '@serverless-im/client/desk';
import { type FormEvent, useState } from 'react';
import { AskFirst } from '../ui/ask-first.tsx';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { IconButton } from '../ui/icon-button.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { useDeskIm } from './desk-client.ts';
import { stateOf } from './others-chats.tsx';
import { wordsOf } from './words.ts';

export interface ChatHeaderProps {
  readonly chat: DeskChat;
  /** A supervisor reads another agent's chat, without any controls. */
  readonly isOthers?: boolean;
  onBack(): void;
}

/** The chat's customer and topic, and the buttons that transfer or end it. */
export function ChatHeader({ chat, isOthers = false, onBack }: ChatHeaderProps) {
  const im = useDeskIm();
  const [isTransferring, setIsTransferring] = useState(false);
  const { conversationId, customer, topic, state, rating } = chat;
  const about = topic ?? 'No topic';
  return (
    <>
      <header className="pane-header">
        <IconButton icon="back" label="Back to the list" className="pane-back" onClick={onBack} />
        <Avatar name={customer} />
        <div className="pane-title">
          <h2 dir="auto">{customer}</h2>
          <p>{state === 'closed' ? endOf(rating) : isOthers ? `${stateOf(chat)} · ${about}` : about}</p>
        </div>
        {state === 'assigned' && !isOthers && (
          <>
            <Button onClick={() => setIsTransferring(true)}>Transfer</Button>
            <AskFirst
              title="End this chat?"
              text={`${customer} can't write in it any more, and nobody can open it again.`}
              action="End chat"
              act={() => im.desk.close(conversationId)}
              wordsOf={wordsOf}
            >
              {(ask) => (
                <Button kind="danger" onClick={ask}>
                  End chat
                </Button>
              )}
            </AskFirst>
          </>
        )}
      </header>
      {isTransferring && (
        <Transfer conversationId={conversationId} onClose={() => setIsTransferring(false)} />
      )}
    </>
  );
}

function endOf(rating: number | undefined): string {
  return rating === undefined ? 'Ended' : `Ended · rated ${rating} of 5`;
}

function Transfer({ conversationId, onClose }: { readonly conversationId: string; onClose(): void }) {
  const im = useDeskIm();
  const [agent, setAgent] = useState('');
  const { error, attempt } = useAttempt(wordsOf);
  const transfer = (to: string) => attempt(im.agent.transfer(conversationId, to), onClose);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    transfer(agent.trim());
  };
  return (
    <Dialog title="Transfer this chat" onClose={onClose}>
      <form className="form" onSubmit={submit}>
        <label className="field">
          <span>To an agent</span>
          <input value={agent} onChange={(event) => setAgent(event.target.value)} required />
        </label>
        <FormError text={error} />
        <div className="form-actions">
          <Button onClick={() => transfer('queue')}>Back to the queue</Button>
          <Button kind="primary" type="submit">
            Transfer
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
