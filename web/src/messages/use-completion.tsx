import {
  type ChangeEvent,
  type KeyboardEvent,
  type ReactNode,
  type RefObject,
  type SyntheticEvent,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
} from 'react';
import { type Mentionable, useAudience } from '../groups/use-mentionable.ts';
import { Avatar, UserAvatar } from '../ui/avatar.tsx';
import { useNameOf } from '../ui/names.ts';
import { ALL, typedName } from './mentions.ts';
import './mentions.css';

export interface Completion {
  /** The suggestions, to put beside the field. */
  readonly list: ReactNode;
  /** For the text field, with the attributes of an editable combobox that ARIA allows a field of several lines. */
  readonly fieldProps: object;
  /** Whether the key was for the list. */
  takesKey(event: KeyboardEvent): boolean;
}

/** Suggests members while a name is typed after an `@`. Does nothing outside of groups. */
export function useCompletion(
  field: RefObject<HTMLTextAreaElement | null>,
  text: string,
  write: (text: string) => void,
): Completion {
  const audience = useAudience();
  const nameOf = useNameOf();
  const listId = useId();
  const [caret, setCaret] = useState(0);
  const [chosen, setChosen] = useState(0);
  /** Where the `@` is whose suggestions the user has closed. */
  const [closedAt, setClosedAt] = useState<number>();
  const [isFocused, setIsFocused] = useState(false);
  const caretAfter = useRef<number>(undefined);
  const typed = audience && typedName(text, caret);
  const want = audience?.want;
  const wanted = text.includes('@') ? (typed?.start ?? '') : undefined;
  useEffect(() => want?.(wanted), [want, wanted]);
  useLayoutEffect(() => {
    if (caretAfter.current === undefined || field.current?.value !== text) return;
    field.current.setSelectionRange(caretAfter.current, caretAfter.current);
    caretAfter.current = undefined;
  }, [field, text]);

  const isClosed = !isFocused || audience === undefined || typed === undefined || typed.at === closedAt;
  const options = isClosed ? [] : optionsFor(typed.start, audience);
  const active = Math.min(chosen, options.length - 1);
  const pick = (name: string | undefined): void => {
    if (typed === undefined || name === undefined) return;
    const rest = text.slice(caret);
    const end = typed.at + name.length + 2;
    caretAfter.current = end;
    setCaret(end);
    write(`${text.slice(0, typed.at)}@${name} ${rest.replace(/^ /, '')}`);
  };
  const takesKey = (event: KeyboardEvent): boolean => {
    const { key, shiftKey, nativeEvent } = event;
    if (options.length === 0 || nativeEvent.isComposing || shiftKey) return false;
    if (key === 'ArrowDown') setChosen((active + 1) % options.length);
    else if (key === 'ArrowUp') setChosen((active + options.length - 1) % options.length);
    else if (key === 'Enter' || key === 'Tab') pick(options[active]);
    else if (key === 'Escape') setClosedAt(typed?.at);
    else return false;
    event.preventDefault();
    return true;
  };

  const optionId = (index: number) => `${listId}-${index}`;
  const isOpen = options.length > 0;
  return {
    takesKey,
    fieldProps: {
      onChange: ({ target }: ChangeEvent<HTMLTextAreaElement>) => {
        const { selectionStart, value } = target;
        setCaret(selectionStart);
        setChosen(0);
        // Another name may be typed at the same place later.
        if (typedName(value, selectionStart)?.at !== closedAt) setClosedAt(undefined);
        write(target.value);
      },
      onSelect: ({ currentTarget }: SyntheticEvent<HTMLTextAreaElement>) =>
        setCaret(currentTarget.selectionStart),
      onFocus: () => setIsFocused(true),
      onBlur: () => setIsFocused(false),
      ...(audience !== undefined && { 'aria-autocomplete': 'list', 'aria-haspopup': 'listbox' }),
      ...(isOpen && { 'aria-controls': listId, 'aria-activedescendant': optionId(active) }),
    },
    list: audience !== undefined && (
      <>
        <p className="visually-hidden" role="status">
          {isOpen && `${options.length} ${options.length === 1 ? 'suggestion' : 'suggestions'}`}
        </p>
        {isOpen && (
          <div className="completion" id={listId} role="listbox" aria-label="Mention">
            {options.map((name, index) => (
              // biome-ignore lint/a11y/useFocusableInteractive: the field has the focus
              // biome-ignore lint/a11y/useKeyWithClickEvents: the field's keys choose
              <div
                key={name}
                id={optionId(index)}
                role="option"
                aria-selected={index === active}
                // Without this the field would lose the focus.
                onPointerDown={(event) => event.preventDefault()}
                onClick={() => pick(name)}
              >
                {name === ALL ? <Avatar name={name} isGroup /> : <UserAvatar userId={name} />}
                <bdi>{name === ALL ? name : nameOf(name)}</bdi>
                {name !== ALL && nameOf(name) !== name && <bdi className="completion-note">{name}</bdi>}
                {name === ALL && <span className="completion-note">{everyone(audience)}</span>}
              </div>
            ))}
          </div>
        )}
      </>
    ),
  };
}

/** None if the name is complete: then Enter sends. */
function optionsFor(start: string, { isLoaded, mayMentionAll, suggest }: Mentionable): readonly string[] {
  if (!isLoaded) return [];
  const isAll = mayMentionAll && ALL.startsWith(start.toLowerCase());
  const options = [...suggest(start), ...(isAll ? [ALL] : [])];
  return options.length === 1 && options[0] === start ? [] : options;
}

function everyone({ memberCount }: Mentionable): string {
  return memberCount === undefined ? 'everyone' : `everyone, ${memberCount} members`;
}
