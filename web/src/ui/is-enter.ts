import type { KeyboardEvent } from 'react';

/** Whether the key finishes a text: Enter, alone or with Ctrl or Cmd. With Shift it is a line break. */
export function isEnter(event: KeyboardEvent): boolean {
  return event.key === 'Enter' && !event.shiftKey && !isComposing(event);
}

/** Whether Enter picks a word of an input method. Safari shows that only by the key code. */
function isComposing({ nativeEvent }: KeyboardEvent): boolean {
  return nativeEvent.isComposing || nativeEvent.keyCode === 229;
}
