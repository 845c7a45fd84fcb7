import type { ChatMessage, Conversation } from '@serverless-im/client';
import { createContext, lazy, type ReactNode, Suspense, useCallback, useContext, useState } from 'react';
import { picturesOf } from './shown.ts';

/** Loaded on first use. */
const Lightbox = lazy(async () => ({ default: (await import('./lightbox.tsx')).Lightbox }));

type ShowPicture = (message: ChatMessage, index: number) => void;

const ShowPictureContext = createContext<ShowPicture>(() => {});

/** Shows this picture of this message large. */
export function useShowPicture(): ShowPicture {
  return useContext(ShowPictureContext);
}

export interface LightboxPlaceProps {
  readonly conversation: Conversation;
  /** Those of the list: the user can go through all their pictures. */
  readonly messages: readonly ChatMessage[];
  readonly children: ReactNode;
}

/**
 * Shows pictures of the list below it large. Not in the row, which leaves the page when it is scrolled away. A picture that is
 * taken back meanwhile is gone.
 */
export function LightboxPlace({ conversation, messages, children }: LightboxPlaceProps) {
  const [open, setOpen] = useState<{ readonly key: string; readonly index: number }>();
  const show = useCallback<ShowPicture>(({ key }, index) => setOpen({ key, index }), []);
  const pictures = open === undefined ? [] : picturesOf(messages);
  const at = pictures.findIndex(({ message, index }) => message.key === open?.key && index === open.index);
  return (
    <ShowPictureContext.Provider value={show}>
      {children}
      {at >= 0 && (
        <Suspense>
          <Lightbox
            conversation={conversation}
            pictures={pictures}
            at={at}
            onMove={(to) => {
              const next = pictures[to];
              if (next !== undefined) setOpen({ key: next.message.key, index: next.index });
            }}
            onClose={() => setOpen(undefined)}
          />
        </Suspense>
      )}
    </ShowPictureContext.Provider>
  );
}
