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
    const over = (event: DragEvent): void => {
      if (!hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'copy';
      setIsOver(true);
    };
    const leave = ({ relatedTarget }: DragEvent): void => {
      if (!pane.contains(relatedTarget as Node | null)) setIsOver(false);
    };
    const drop = (event: DragEvent): void => {
      setIsOver(false);
      if (event.dataTransfer === null || !hasFiles(event.dataTransfer)) return;
      event.preventDefault();
      take(droppedFiles(event.dataTransfer));
    };
    const pairs = [
      ['dragenter', over],
      ['dragover', over],
      ['dragleave', leave],
      ['drop', drop],
    ] as const;
    for (const [name, listener] of pairs) pane.addEventListener(name, listener);
    return () => {
      for (const [name, listener] of pairs) pane.removeEventListener(name, listener);
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
