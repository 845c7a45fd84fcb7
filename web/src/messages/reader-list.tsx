import type { ChatMessage } from '@serverless-im/client';
import { UserAvatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
import { useNameOf } from '../ui/names.ts';
import { useReadBy } from './use-readers.ts';
import '../groups/groups.css';

export interface ReaderListProps {
  readonly message: ChatMessage;
  onClose(): void;
}

/** A dialog that lists the members who have read this user's message, and those who have not. */
export function ReaderList({ message, onClose }: ReaderListProps) {
  const { readers = [], others = [], hasMore = false, loadMore } = useReadBy(message) ?? {};
  return (
    <Dialog title="Who has read this message" onClose={onClose}>
      <Users heading="Read" userIds={readers} />
      <Users heading="Not read yet" userIds={others} />
      {hasMore && (
        <Button kind="quiet" onClick={loadMore}>
          Show more
        </Button>
      )}
    </Dialog>
  );
}

function Users({ heading, userIds }: { readonly heading: string; readonly userIds: readonly string[] }) {
  const nameOf = useNameOf();
  if (userIds.length === 0) return null;
  return (
    <>
      <h3 className="group-heading">{`${heading} (${userIds.length})`}</h3>
      <ul className="group-members">
        {userIds.map((userId) => (
          <li key={userId}>
            <UserAvatar userId={userId} />
            <bdi className="group-member">{nameOf(userId)}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
