import type { BrowserContext } from 'playwright-core';

/** The times in the README's pictures. Everything in them is said within a minute, at any time of the day. */

const NOW = '09:43';

/** When messages were sent, by their texts, and chats asked for, by their topics. All else is now. */
const TIMES: Readonly<Record<string, string>> = {
  'The invoice is on its way': 'yesterday 16:20',
  'Thank you!': 'yesterday 16:31',
  'Who steers?': 'yesterday 19:02',
  'I do, if nobody minds': 'yesterday 19:10',
  'I bring the boat. @alice, is the key with you?': '08:55',
  'The lake this morning': '09:21',
  'Morning! Did the deployment go through last night?': '09:12',
  'It did. Took four minutes, and nobody noticed.': '09:14',
  'I left the alarms on for the weekend, just in case.': '09:14',
  'Good. Then I will look at the fan-out numbers today:\n– 10,000 members\n– 1,000 of them online': '09:38',
  'Coffee at ten?': '09:41',
  'Are we still on for Sunday?': '09:30',
  'The forecast is fine': '09:31',
  // An event of a group.
  created: 'yesterday 19:00',
  'A parcel that is late': '09:36',
  'My last bill': '09:39',
  'A new address': '09:40',
};

/** From now on the context's pages get these times in place of the server's. */
export async function setTimes(context: BrowserContext): Promise<void> {
  const times = Object.fromEntries(Object.entries(TIMES).map(([text, time]) => [text, timeOf(time)]));
  await context.addInitScript(rewriteTimes, { nowMs: timeOf(NOW) + 5_000, times });
}

/** In UTC, which is the pages' time zone. */
function timeOf(time: string): number {
  const [, yesterday, hours, minutes] = /^(yesterday )?(\d+):(\d+)$/.exec(time) ?? [];
  const today = new Date().setUTCHours(Number(hours), Number(minutes), 0, 0);
  return yesterday === undefined ? today : today - 24 * 3_600_000;
}

interface Times {
  readonly nowMs: number;
  readonly times: Readonly<Record<string, number>>;
}

/** Runs in the page, whose client learns the time from what the server sends. */
function rewriteTimes({ nowMs, times }: Times): void {
  const parse = JSON.parse;
  JSON.parse = (json: string) =>
    parse(json, (key, value) => {
      if (['serverTime', 'sentAt', 'openedAt', 'lastSeenAt'].includes(key)) return value && nowMs;
      // The session lasts as long as it does, at whatever hour.
      if (key === 'expiresAt') return value && value + nowMs - Date.now();
      if (key === 'longestWaitMs') return value && 180_000;
      const { text = value?.topic, event } = value?.content ?? {};
      const atMs = times[event ?? text];
      if (atMs === undefined) return value;
      return { ...value, ...('sentAt' in value ? { sentAt: atMs } : { openedAt: atMs }) };
    });
}
