import fc from 'fast-check';
import * as apps from './app-commands.ts';
import { barAmidChat } from './barred-commands.ts';
import { type Command, command } from './command.ts';
import * as desk from './desk-commands.ts';
import { type PlannedRule, plannedRule, platformRule } from './faults.ts';
import * as groups from './group-commands.ts';
import * as messages from './message-commands.ts';
import * as people from './people-commands.ts';
import * as platform from './platform-commands.ts';
import * as sessions from './session-commands.ts';

const injectOne = (name: string, rules: fc.Arbitrary<PlannedRule>) =>
  command(name, fc.record({ rule: rules }), ({ rule }) => ({
    how: 'alone',
    expect: (model) => {
      model.rules += 1;
    },
    run: async (world) => world.inject(rule),
  }));
const inject = injectOne('inject', plannedRule);

const clearFaults = command('clear faults', fc.record({}), () => ({
  how: 'alone',
  check: ({ rules }) => rules > 0,
  expect: (model) => {
    model.rules = 0;
  },
  run: async (world) => world.clearFaults(),
}));

/** Time passes, so that started work finishes. */
const rest = command('rest', fc.record({}), () => ({
  how: 'alone',
  run: (world) => world.rest(),
}));

const WEIGHTS: readonly (readonly [weight: number, arbitrary: fc.Arbitrary<Command>])[] = [
  [3, sessions.connect],
  [3, sessions.leave],
  [2, sessions.hello],
  [1, sessions.read],
  [1, sessions.look],
  [7, messages.send],
  [2, messages.resend],
  [1, messages.post],
  [1, messages.sendByEvent],
  [1, messages.sendOtherContent],
  [1, messages.sendFromTwoDevices],
  [1, messages.sendTogether],
  [1, messages.pry],
  [2, messages.recall],
  [3, messages.edit],
  [4, messages.react],
  [2, messages.pin],
  [3, groups.addMember],
  [2, groups.removeMember],
  [1, groups.leaveGroup],
  [2, groups.removeAmidMessages],
  [2, people.block],
  [2, people.unblock],
  [2, people.blockAmidMessages],
  [4, people.set],
  [4, people.typeOrStop],
  [4, people.ask],
  [2, people.recruit],
  [4, apps.appSends],
  [2, apps.storeFails],
  [1, apps.clockJumps],
  [2, apps.proxyAnswers],
  [2, apps.appCrashes],
  [3, desk.openChat],
  [1, desk.openTwice],
  [3, desk.ready],
  [1, desk.agentLeaves],
  [2, desk.closeChat],
  [2, desk.transfer],
  [3, desk.talk],
  [6, inject],
  [1, clearFaults],
  [1, rest],
];

/** What also happens to a deployment with the options of a platform. */
const PLATFORM_WEIGHTS: typeof WEIGHTS = [
  [2, platform.ban],
  [2, platform.lift],
  [2, platform.erase],
  [4, barAmidChat],
  [2, platform.exportUser],
  [3, platform.replayEvents],
  [3, platform.sendToHook],
  [5, platform.sendFile],
  [4, platform.openFile],
  [3, platform.removeFile],
  [2, platform.scanAgain],
  [2, platform.editFiles],
  [3, platform.goAway],
  [1, platform.deleteGroup],
  [1, platform.deleteAmidMessages],
  [2, platform.importGroup],
  [1, platform.importAgain],
  ...platform.editForHook.map((edit) => [1, edit] as const),
  [4, injectOne('inject into the platform', platformRule)],
];

/** Repeated entries are weights: `fc.commands` picks each entry equally often. */
const repeated = (weights: typeof WEIGHTS) =>
  weights.flatMap(([weight, arbitrary]) => Array.from({ length: weight }, () => arbitrary));

export const COMMANDS: fc.Arbitrary<Command>[] = repeated(WEIGHTS);
export const PLATFORM_COMMANDS = [...COMMANDS, ...repeated(PLATFORM_WEIGHTS)];
