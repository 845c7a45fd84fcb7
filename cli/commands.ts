import type { CommandEntry } from './command.ts';

/** In the order of the help. */
export const COMMANDS: Readonly<Record<string, CommandEntry>> = {
  start: {
    summary: 'runs the stack on this machine, with a web page',
    load: async () => (await import('./start/start.ts')).start,
  },
  chat: {
    summary: 'chats in the terminal',
    load: async () => (await import('./chat/command.ts')).chat,
  },
  token: {
    summary: 'prints a token of the stack on this machine, or of a deployment’s own user pool',
    load: async () => (await import('./token.ts')).token,
  },
  admin: {
    summary: 'bans, exports, erases, sends, shows: what an operator does to a stack',
    load: async () => (await import('./admin/admin.ts')).admin,
  },
  preflight: {
    summary: 'says what would make a deployment to your AWS account fail',
    load: async () => (await import('./preflight.ts')).preflight,
  },
  keys: {
    summary: 'makes the keys of Web Push in the AWS account',
    load: async () => (await import('./keys.ts')).keys,
  },
  cost: {
    summary: 'says what a month costs, by your users and their messages',
    load: async () => (await import('./cost.ts')).cost,
  },
  verify: {
    summary: 'checks a deployment from outside, as its users, and measures it',
    load: async () => (await import('./verify.ts')).verify,
  },
};
