import type fc from 'fast-check';
import type { Conversation } from '../history.ts';
import type { Device } from './device.ts';
import type { World } from './world.ts';

/** The model that decides which commands make sense next. */
export interface Model {
  intents: number;
  rules: number;
}

export type Command = fc.AsyncCommand<Model, World>;

export interface Action {
  readonly check?: (model: Readonly<Model>) => boolean;
  readonly expect?: (model: Model) => void;
  readonly run: (world: World) => Promise<unknown>;
  /** `alone`: it does not run concurrently with others. @default beside */
  readonly how?: 'alone' | 'beside';
  /** True if the next command waits for this one. */
  readonly wait?: boolean;
}

/** A kind of command: its fields are generated, printed, and replayed; `act` interprets them. */
export function command<Fields extends object>(
  name: string,
  fields: fc.Arbitrary<Fields>,
  act: (fields: Fields) => Action,
): fc.Arbitrary<Command> {
  return fields.map((chosen) => {
    const { check = () => true, expect, run, how, wait = false } = act(chosen);
    const text = `${name}(${JSON.stringify(chosen)})`;
    return {
      check,
      async run(model, world) {
        expect?.(model);
        world.recorder.note(text);
        world.actions.push(name);
        if (how === 'alone') await run(world);
        else await world.perform(() => run(world), wait);
      },
      toString: () => text,
    };
  });
}

/** The element at this index modulo the length, so that every generated number is valid. */
export function at<One>(all: readonly One[], place: number): One {
  const one = all[place % all.length];
  if (one === undefined) throw new Error('The list is empty.');
  return one;
}

export function conversationAt(world: World, place: number): Conversation {
  return at(world.conversations, place);
}

export function deviceAt(world: World, user: number, device: number): Device {
  return world.device(at(world.accounts, user).user, device);
}
