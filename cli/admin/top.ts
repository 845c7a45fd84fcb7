import { setTimeout as delay } from 'node:timers/promises';
import type { Activity } from '../../local/activity/activity.ts';
import { ACTIVITY_PATH } from '../../local/activity/activity-route.ts';
import { OperatorError } from '../../local/operator-error.ts';
import { localHttpUrl } from '../local-stack.ts';
import { parseCommand } from '../options.ts';
import { commandLine } from '../wording.ts';
import { type AdminCommand, COMMON } from './command.ts';
import { type Summary, summaryOf } from './summary.ts';
import { topText } from './top-text.ts';

const EVERY_MS = 2_000;
/** Home, and erase to the end: redrawing without it would flicker. */
const REDRAW = '\u001B[H\u001B[J';

/** Shows what goes on in the local stack, until it is stopped. */
export const top: AdminCommand = {
  usage: `  top [--once]   shows messages, sessions, latency by route, queues, errors, refusals, and dollars an hour of the local stack, every 2 s
    A deployment has a dashboard for this: -c dashboard=true`,
  async run(args) {
    const options = { ...COMMON, once: { type: 'boolean', default: false } } as const;
    const { json, once, data } = parseCommand(args, options, []).values;
    const httpUrl = await localHttpUrl(data);
    const isTerminal = process.stdout.isTTY && !json && !once;
    const show = async () => {
      const text = textOf(await readSummary(httpUrl), json);
      console.log(isTerminal ? `${REDRAW}${text}` : text);
    };
    await show();
    while (!once) {
      await delay(EVERY_MS);
      await show();
    }
  },
};

function textOf(summary: Summary, json: boolean): string {
  return json
    ? JSON.stringify(summary)
    : topText(summary, process.stdout.isTTY && process.stdout.hasColors());
}

/** @param httpUrl of the local gateway @throws {OperatorError} it doesn't answer */
export async function readSummary(httpUrl: string): Promise<Summary> {
  return summaryOf(await activityAt(httpUrl));
}

async function activityAt(httpUrl: string): Promise<Activity> {
  try {
    const answer = await fetch(httpUrl + ACTIVITY_PATH);
    if (!answer.ok) throw new Error(`status ${answer.status}`);
    return (await answer.json()) as Activity;
  } catch (error) {
    throw new OperatorError(
      `The stack at ${httpUrl} does not answer. Is ${commandLine('start')} still running?`,
      {
        cause: error,
      },
    );
  }
}
