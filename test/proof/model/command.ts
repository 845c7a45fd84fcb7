import type fc from 'fast-check';
import type { Conversation } from '../history.ts';
import type { Device } from './device.ts';
import type { World } from './world.ts';

/** What the commands expect of the world: enough to leave out what makes no sense. */
export interface Model {
  intents: number;
  rules: number;
}

export type Command = fc.AsyncCommand<Model, World>;

export interface Action {
  readonly check?: (model: Readonly<Model>) => boolean;
  readonly expect?: (model: Model) => void;
  readonly run: (world: World) => Promise<unknown>;
  /** `alone`: it is not one of the things that go on beside each other. @default beside */
  readonly how?: 'alone' | 'beside';
  /** The next command waits for the end of this one. */
  readonly wait?: boolean;
}

/** A kind of command: its fields are drawn, printed, and replayed; `act` says what they mean. */
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
        if (how === 'alone') await run(world);
        else await world.perform(() => run(world), wait);
      },
      toString: () => text,
    };
  });
}

/** The one at this place, counted round and round: so that every number that is drawn means something. */
export function at<One>(all: readonly One[], place: number): One {
  const one = all[place % all.length];
  if (one === undefined) throw new Error('There is none.');
  return one;
}

export function conversationAt(world: World, place: number): Conversation {
  return at(world.conversations, place);
}

export function deviceAt(world: World, user: number, device: number): Device {
  return world.device(at(world.accounts, user).user, device);
}
