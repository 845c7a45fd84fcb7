import fc from 'fast-check';
import { at, command } from './command.ts';
import { sendAndRepeat } from './message-commands.ts';
import type { Change, World } from './world.ts';

const index = fc.nat({ max: 11 });
const wait = fc.boolean();

/** The members who join and leave. */
function guestAt({ changingGroup }: World, place: number): string {
  return at(changingGroup.members.slice(1), place);
}

function founderOf({ changingGroup }: World): string {
  return at(changingGroup.members, 0);
}

type Who = 'founder' | 'guest';

const change = (name: string, what: Change['change'], who: Who) =>
  command(name, fc.record({ member: index, wait }), ({ member, wait }) => ({
    wait,
    run: (world) => {
      const guest = guestAt(world, member);
      const by = who === 'founder' ? founderOf(world) : guest;
      return world.changeGroup({ by, change: what, member: guest });
    },
  }));

export const addMember = change('add', 'add', 'founder');
export const removeMember = change('remove', 'remove', 'founder');
export const leaveGroup = change('leave the group', 'remove', 'guest');

/** Removes a member while both devices of the founder write: each message is before or after the removal. */
export const removeAmidMessages = command(
  'remove amid messages',
  fc.record({ member: index, each: fc.integer({ min: 2, max: 6 }), wait }),
  ({ member, each, wait }) => ({
    wait,
    run: async (world) => {
      const [by, guest] = [founderOf(world), guestAt(world, member)];
      await world.changeGroup({ by, change: 'add', member: guest });
      const write = async (device: number) => {
        for (let n = 0; n < each; n += 1)
          await sendAndRepeat(world, world.write(world.changingGroup, by), device, false);
      };
      const removal = world.changeGroup({ by, change: 'remove', member: guest });
      await Promise.all([write(0), write(1), removal]);
    },
  }),
);
