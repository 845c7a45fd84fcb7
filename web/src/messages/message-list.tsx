import type { ChatMessage, Conversation, ImError } from '@serverless-im/client';
import { useVirtualizer, type Virtualizer } from '@tanstack/react-virtual';
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef, useState } from 'react';
import { estimatedHeight } from '../files/layout.ts';
import { badgeText } from '../ui/badge.ts';
import { Button } from '../ui/button.tsx';
import { ErrorBoundary } from '../ui/error-boundary.tsx';
import { Icon } from '../ui/icon.tsx';
import { t } from '../ui/texts.ts';
import { dayName } from '../ui/times.ts';
import { useNow } from '../ui/use-now.ts';
import type { ListRow } from './list-rows.ts';
import { type MessageAction, MessageActions } from './message-actions.tsx';
import { MessageRow, type MessageRowProps } from './message-row.tsx';
import { type Jump, useJump } from './use-jump.ts';
import { useUnseen } from './use-unseen.ts';
import { unshown } from './wording.ts';

export interface MessageListProps {
  readonly label: string;
  readonly conversation: Conversation;
  readonly rows: readonly ListRow[];
  readonly isGroup: boolean;
  readonly isAdmin: boolean;
  /** This user is no longer in the conversation. */
  readonly isGone: boolean;
  /** Names the conversation's draft. */
  readonly draftKey: string;
  readonly hasEarlier: boolean;
  /** The latest page is loaded. Before that, the rows are only pushed and unsent messages. */
  readonly isLoaded: boolean;
  readonly isLoading: boolean;
  /** Why the last page could not be loaded. */
  readonly error: ImError | undefined;
  /** Each increment makes the list scroll to its end. */
  readonly toEnd: number;
  /** Scrolls to this message. */
  readonly jump: Jump | undefined;
  onNearStart(): void;
  /** Reports whether the newest message is visible. */
  onAtEnd(isAtEnd: boolean): void;
}

/** Within this distance of the end, the list is at its end. */
const END_PX = 64;
/** The list loads older messages when fewer rows than this are above. */
const ROWS_AHEAD = 12;

type Rows = Virtualizer<HTMLElement, HTMLLIElement>;

/**
 * Renders only the visible rows. Anchored at the end: rows that are added above or grow don't move the visible ones.
 */
export function MessageList(props: MessageListProps) {
  const { rows, label, hasEarlier, isLoaded, isLoading, error, toEnd, onNearStart, onAtEnd } = props;
  const scroller = useRef<HTMLElement>(null);
  const virtualizer: Rows = useVirtualizer<HTMLElement, HTMLLIElement>({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => estimatedSize(rows[index]),
    getItemKey: (index) => rows[index]?.key ?? index,
    anchorTo: 'end',
    followOnAppend: true,
    scrollEndThreshold: END_PX,
    overscan: 8,
  });
  const hasStarted = useStart(virtualizer, rows, isLoaded);
  useKeptEnd(scroller);
  useLayoutEffect(() => {
    if (toEnd > 0) virtualizer.scrollToEnd();
  }, [toEnd, virtualizer]);

  const found = useJump(virtualizer, rows, props.jump);
  const items = virtualizer.getVirtualItems();
  // After an error the client asks again by itself, if that can help.
  const mayAsk = hasEarlier && !isLoading && error === undefined;
  const isNearStart = hasStarted && mayAsk && (items[0]?.index ?? 0) < ROWS_AHEAD;
  useEffect(() => {
    if (isNearStart) onNearStart();
  }, [isNearStart, onNearStart]);

  const [opened, setOpened] = useState<{ message: ChatMessage; action: MessageAction }>();
  const onAction = useCallback<MessageRowProps['onAction']>(
    (message, action) => setOpened({ message, action }),
    [],
  );

  const isAtEnd = virtualizer.isAtEnd(END_PX);
  // Before it has started, the list may be too short to scroll, and so count as at its end.
  const isEndSeen = hasStarted && isAtEnd;
  useEffect(() => onAtEnd(isEndSeen), [isEndSeen, onAtEnd]);
  useFollowedInsert(virtualizer, rows, isEndSeen);
  const unseen = useUnseen(rows, isEndSeen);

  return (
    <div className="messages">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by the keyboard */}
      <section className="messages-scroller" ref={scroller} aria-label={label} tabIndex={0}>
        {hasEarlier && (isLoading || error?.retryable === false) && (
          <p className="messages-earlier" role="status">
            {isLoading ? (
              <>
                <span className="spinner" />
                <span className="visually-hidden">{t('Loading earlier messages')}</span>
              </>
            ) : (
              t('Could not load earlier messages.')
            )}
          </p>
        )}
        <div className="messages-space" style={{ height: virtualizer.getTotalSize() }}>
          <ol style={{ transform: `translateY(${items[0]?.start ?? 0}px)` }}>
            {items.map(({ key, index }) => (
              <li
                key={key}
                ref={virtualizer.measureElement}
                className={key === found ? 'is-found' : undefined}
                tabIndex={key === found ? -1 : undefined}
                data-index={index}
                aria-posinset={index + 1}
                aria-setsize={hasEarlier ? -1 : rows.length}
              >
                <ErrorBoundary fallback={() => <p className="system-line">{unshown()}</p>}>
                  <Row {...props} row={rows[index]} onAction={onAction} />
                </ErrorBoundary>
              </li>
            ))}
          </ol>
        </div>
      </section>
      {!isAtEnd && (
        <Button className="messages-jump" onClick={() => virtualizer.scrollToEnd({ behavior: 'auto' })}>
          <Icon name="down" />
          {t('Latest')}
          {unseen > 0 && (
            <span className="badge">
              {badgeText(unseen, false)}
              <span className="visually-hidden"> {t('new')}</span>
            </span>
          )}
        </Button>
      )}
      {opened !== undefined && (
        <MessageActions
          key={opened.message.key}
          conversation={props.conversation}
          isAdmin={props.isAdmin}
          {...opened}
          onClose={() => setOpened(undefined)}
        />
      )}
    </div>
  );
}

/**
 * Scrolls to the first unread message if there is one, else to the end; again once the latest page is loaded, which may
 * replace all rows.
 * @returns whether the list is there; until then it shows its start, which must not load older messages
 */
function useStart(virtualizer: Rows, rows: readonly ListRow[], isLoaded: boolean): boolean {
  const isBegun = useRef(false);
  const [hasStarted, setHasStarted] = useState(false);
  const unread = rows.findIndex(({ kind }) => kind === 'unread');
  useLayoutEffect(() => {
    if (isBegun.current || rows.length === 0) return;
    isBegun.current = isLoaded;
    if (unread >= 0) virtualizer.scrollToIndex(unread, { align: 'start' });
    else virtualizer.scrollToEnd();
  }, [virtualizer, rows, unread, isLoaded]);
  const startIndex = unread >= 0 ? unread : rows.length - 1;
  const isThere = virtualizer.getVirtualItems().some(({ index }) => index === startIndex);
  useEffect(() => {
    if (isLoaded && isThere) setHasStarted(true);
  }, [isLoaded, isThere]);
  return hasStarted;
}

/** Keeps a list that is at its end there when it gets less height: the composer has grown, or a notice has come. */
function useKeptEnd(scroller: RefObject<HTMLElement | null>): void {
  useEffect(() => {
    const element = scroller.current;
    if (element === null) return;
    let height = element.clientHeight;
    const observer = new ResizeObserver(() => {
      const wasAtEnd = element.scrollHeight - element.scrollTop - height <= END_PX;
      height = element.clientHeight;
      if (wasAtEnd) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [scroller]);
}

/**
 * Follows messages that come before the last row, as `followOnAppend` does those after it: what others wrote while a message
 * of this user waited for the connection.
 */
function useFollowedInsert(virtualizer: Rows, rows: readonly ListRow[], isAtEnd: boolean): void {
  const last = rows.at(-1)?.key;
  const before = rows.at(-2)?.key;
  const shown = useRef({ last, before, isAtEnd });
  useLayoutEffect(() => {
    const old = shown.current;
    if (old.isAtEnd && last === old.last && before !== old.before) virtualizer.scrollToEnd();
  }, [virtualizer, last, before]);
  useEffect(() => {
    shown.current = { last, before, isAtEnd };
  }, [last, before, isAtEnd]);
}

type RowProps = MessageListProps & Pick<MessageRowProps, 'onAction'> & { readonly row: ListRow | undefined };

function Row({ row, ...list }: RowProps) {
  switch (row?.kind) {
    case undefined:
      return null;
    case 'day':
      return <Day atMs={row.atMs} />;
    case 'unread':
      return <p className="separator is-unread">{t('New')}</p>;
    case 'gap':
      return <p className="system-line">{t('Loading missing messages…')}</p>;
    case 'message': {
      const { message, isFirst, isLast, isLatestOwn, isLive } = row;
      const { conversation, isGroup, isAdmin, isGone, draftKey, onAction } = list;
      const props = {
        conversation,
        message,
        isGroup,
        isFirst,
        isLast,
        isLatestOwn,
        isLive,
        isAdmin,
        isGone,
        draftKey,
      };
      return <MessageRow {...props} onAction={onAction} />;
    }
    default:
      return row satisfies never;
  }
}

function Day({ atMs }: { readonly atMs: number }) {
  return <p className="separator">{dayName(atMs, useNow())}</p>;
}

/** Used until the row is measured. */
function estimatedSize(row: ListRow | undefined): number {
  if (row?.kind !== 'message') return 44;
  const { content } = row.message;
  // A malformed content is the row's matter, inside its boundary.
  const text = content.type === 'text' || content.type === 'file' ? String(content.text ?? '') : '';
  const lines = Math.max(1, Math.ceil(text.length / 60));
  const files = content.type === 'file' && Array.isArray(content.attachments) ? estimatedHeight(content) : 0;
  const quote = row.message.replyTo === undefined ? 0 : 48;
  return 20 + 22 * lines + files + quote + (row.isFirst ? 8 : 0);
}
