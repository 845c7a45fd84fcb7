import type { ChatMessage } from '@serverless-im/client';
import { Avatar } from '../ui/avatar.tsx';
import { Button } from '../ui/button.tsx';
import { Dialog } from '../ui/dialog.tsx';
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
      <Names heading="Read" names={readers} />
      <Names heading="Not read yet" names={others} />
      {hasMore && (
        <Button kind="quiet" onClick={loadMore}>
          Show more
        </Button>
      )}
    </Dialog>
  );
}

function Names({ heading, names }: { readonly heading: string; readonly names: readonly string[] }) {
  if (names.length === 0) return null;
  return (
    <>
      <h3 className="group-heading">{`${heading} (${names.length})`}</h3>
      <ul className="group-members">
        {names.map((name) => (
          <li key={name}>
            <Avatar name={name} />
            <bdi className="group-member">{name}</bdi>
          </li>
        ))}
      </ul>
    </>
  );
}
