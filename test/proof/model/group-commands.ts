import fc from 'fast-check';
import { at, command } from './command.ts';
import type { Change, World } from './world.ts';

const index = fc.nat({ max: 11 });
const wait = fc.boolean();

/** Those who come and go. */
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
