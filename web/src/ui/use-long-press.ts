import { type PointerEvent, useCallback, useEffect, useRef } from 'react';

/** As long as the press that opens a menu on Android and iOS. */
const PRESS_MS = 500;
/** A finger that rests moves less than this. */
const SLOP_PX = 10;

interface Press {
  readonly x: number;
  readonly y: number;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** Handlers that call `onPress` when a finger rests on the element. A finger that scrolls doesn't. */
export function useLongPress(onPress: () => void) {
  const press = useRef<Press>(undefined);
  const end = useCallback(() => clearTimeout(press.current?.timer), []);
  useEffect(() => end, [end]);
  return {
    onPointerDown: ({ pointerType, isPrimary, clientX, clientY }: PointerEvent) => {
      end();
      if (pointerType === 'touch' && isPrimary)
        press.current = { x: clientX, y: clientY, timer: setTimeout(onPress, PRESS_MS) };
    },
    onPointerMove: ({ clientX, clientY }: PointerEvent) => {
      const from = press.current;
      if (from !== undefined && Math.hypot(clientX - from.x, clientY - from.y) > SLOP_PX) end();
    },
    onPointerUp: end,
    onPointerCancel: end,
  };
}
