import type { Group } from '@serverless-im/client';
import { LIMITS } from '../../../protocol/limits.ts';
import { parsePeople, whyNot } from '../conversations/people.ts';
import { reasonOf } from '../messages/reasons.ts';
import { useIm } from '../session/client-context.ts';
import { AskFirst } from '../ui/ask-first.tsx';
import { UserAvatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { FormError } from '../ui/form-error.tsx';
import { useNameOf } from '../ui/names.ts';
import { OneField } from '../ui/one-field.tsx';
import { useAttempt } from '../ui/use-attempt.ts';
import { GroupRules } from './group-rules.tsx';
import { LeaveGroup } from './leave-group.tsx';
import { useMembers } from './use-members.ts';
import './groups.css';

export interface GroupDetailsProps {
  readonly group: Group;
  readonly isAdmin: boolean;
  onClose(): void;
  onLeft(): void;
}

export function GroupDetails({ group, isAdmin, onClose, onLeft }: GroupDetailsProps) {
  const im = useIm();
  const id = group.conversationId;
  const members = useMembers(group);
  const nameOf = useNameOf();
  const { error, attempt } = useAttempt(reasonOf);
  return (
    <Dialog title="About this group" onClose={onClose}>
      {isAdmin ? (
        <OneField
          label="Name"
          action="Rename"
          initial={group.name}
          maxLength={LIMITS.groupNameChars}
          onSubmit={(name, done) => attempt(im.groups.update(id, { name }), done)}
        />
      ) : (
        <p className="group-name" dir="auto">
          {group.name}
        </p>
      )}
      <h3 className="group-heading">{`${group.memberCount} members`}</h3>
      <ul className="group-members">
        {members.members.map((userId) => (
          <li key={userId}>
            <UserAvatar userId={userId} />
            <bdi className="group-member">{nameOf(userId)}</bdi>
            {group.admins.includes(userId) && <span className="tag">admin</span>}
            <span className="group-actions">
              {isAdmin && !group.admins.includes(userId) && (
                <Button
                  kind="quiet"
                  aria-label={`Make admin: ${nameOf(userId)}`}
                  onClick={() => attempt(im.groups.update(id, { admins: [...group.admins, userId] }))}
                >
                  Make admin
                </Button>
              )}
              {isAdmin && userId !== im.userId && (
                <AskFirst
                  title={`Remove ${nameOf(userId)}?`}
                  text="They can't read or write here any more, and a message tells them so."
                  action="Remove"
                  act={() => im.groups.removeMember(id, userId)}
                  wordsOf={reasonOf}
                >
                  {(ask) => (
                    <Button
                      kind="quiet"
                      className="is-danger"
                      aria-label={`Remove ${nameOf(userId)}`}
                      onClick={ask}
                    >
                      Remove
                    </Button>
                  )}
                </AskFirst>
              )}
            </span>
          </li>
        ))}
      </ul>
      {members.hasMore && (
        <Button kind="quiet" onClick={members.loadMore}>
          Show more
        </Button>
      )}
      {isAdmin && (
        <OneField
          label="Add people"
          action="Add"
          whyNot={(text) => whyNot(parsePeople(text))}
          onSubmit={(text, done) => attempt(im.groups.addMembers(id, parsePeople(text)), done)}
        />
      )}
      {isAdmin && <GroupRules group={group} onChange={(rules) => attempt(im.groups.update(id, rules))} />}
      <FormError text={error} />
      <div className="form-actions">
        <LeaveGroup {...{ group, members, onLeft }} />
      </div>
    </Dialog>
  );
}
