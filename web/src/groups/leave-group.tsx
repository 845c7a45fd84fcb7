import type { Group } from '@serverless-im/client';
import { type FormEvent, useState } from 'react';
import { reasonOf } from '../messages/reasons.ts';
import { useIm } from '../session/client-context.ts';
import { AskFirst } from '../ui/ask-first.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { useNameOf } from '../ui/names.ts';
import { useAttempt } from '../ui/use-attempt.ts';
import type { UseMembers } from './use-members.ts';

export interface LeaveGroupProps {
  readonly group: Group;
  readonly members: UseMembers;
  onLeft(): void;
}

/** Leaves after a question; the last admin first names the next, since nobody else could (IM-GROUP). */
export function LeaveGroup({ group, members, onLeft }: LeaveGroupProps) {
  const im = useIm();
  const [isChoosing, setIsChoosing] = useState(false);
  const leave = () => im.groups.leave(group.conversationId).then(onLeft);
  const isLastAdmin = group.admins.every((admin) => admin === im.userId) && group.memberCount > 1;
  if (isLastAdmin)
    return (
      <>
        <Button kind="danger" onClick={() => setIsChoosing(true)}>
          Leave the group
        </Button>
        {isChoosing && <ChooseAdmin {...{ group, members, leave }} onClose={() => setIsChoosing(false)} />}
      </>
    );
  return (
    <AskFirst
      title="Leave this group?"
      text="You can't read or write here any more, until an admin adds you again."
      action="Leave"
      act={leave}
      wordsOf={reasonOf}
    >
      {(ask) => (
        <Button kind="danger" onClick={ask}>
          Leave the group
        </Button>
      )}
    </AskFirst>
  );
}

interface ChooseAdminProps extends Omit<LeaveGroupProps, 'onLeft'> {
  leave(): Promise<void>;
  onClose(): void;
}

function ChooseAdmin({ group, members, leave, onClose }: ChooseAdminProps) {
  const im = useIm();
  const { error, attempt } = useAttempt(reasonOf);
  const [chosen, setChosen] = useState<string>();
  const nameOf = useNameOf();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (chosen === undefined) return;
    const admins = [...new Set([...group.admins, chosen])];
    attempt(im.groups.update(group.conversationId, { admins }).then(leave), onClose);
  };
  return (
    <Dialog title="Who takes over?" onClose={onClose}>
      <form onSubmit={submit}>
        <p>You are the last admin. Choose the next one, then you can leave.</p>
        <fieldset className="group-choice">
          <legend className="visually-hidden">The next admin</legend>
          {members.members
            .filter((userId) => userId !== im.userId)
            .map((userId) => (
              <label key={userId}>
                <input
                  type="radio"
                  name="admin"
                  required
                  checked={chosen === userId}
                  onChange={() => setChosen(userId)}
                />
                <bdi className="group-member">{nameOf(userId)}</bdi>
              </label>
            ))}
        </fieldset>
        {members.hasMore && (
          <Button kind="quiet" onClick={members.loadMore}>
            Show more
          </Button>
        )}
        <FormError text={error} />
        <div className="form-actions">
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="danger" type="submit">
            Make admin and leave
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
