import { useEffect, useEffectEvent, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { Icon } from '../ui/icon.tsx';
import { droppedFiles, hasFiles } from './transfer.ts';

export interface DropZoneProps {
  /** What dropping does. */
  readonly text: string;
  onFiles(files: readonly File[]): void;
}

/** Takes files that are dropped anywhere in the pane that it is in, and covers it while they are dragged over it. */
export function DropZone({ text, onFiles }: DropZoneProps) {
  const mark = useRef<HTMLSpanElement>(null);
  const [pane, setPane] = useState<HTMLElement | null>(null);
  const [isOver, setIsOver] = useState(false);
  const take = useEffectEvent(onFiles);
  useEffect(() => setPane(mark.current?.closest<HTMLElement>('.chat-pane') ?? null), []);
  useEffect(() => {
    if (pane === null) return;
    // Of the whole page: where a drag has gone on to is sure, which element it has left is not.
    const isHere = ({ target }: DragEvent): boolean => pane.contains(target as Node | null);
    const over = (event: DragEvent): void => {
      if (event.dataTransfer === null || !hasFiles(event.dataTransfer)) return;
      setIsOver(isHere(event));
      if (!isHere(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = 'copy';
    };
    const leave = ({ relatedTarget }: DragEvent): void => {
      if (!pane.contains(relatedTarget as Node | null)) setIsOver(false);
    };
    const drop = (event: DragEvent): void => {
      setIsOver(false);
      if (event.dataTransfer === null || !hasFiles(event.dataTransfer) || !isHere(event)) return;
      event.preventDefault();
      take(droppedFiles(event.dataTransfer));
    };
    const pairs = [
      ['dragenter', over],
      ['dragover', over],
      ['dragleave', leave],
      ['drop', drop],
    ] as const;
    for (const [name, listener] of pairs) addEventListener(name, listener);
    return () => {
      for (const [name, listener] of pairs) removeEventListener(name, listener);
    };
  }, [pane]);
  return (
    <>
      <span ref={mark} hidden />
      {isOver &&
        pane !== null &&
        createPortal(
          <div className="drop-zone">
            <p>
              <Icon name="attach" />
              {text}
            </p>
          </div>,
          pane,
        )}
    </>
  );
}
