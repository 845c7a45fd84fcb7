/*
 * Together all fan-outs take half of the 10,000 requests a second that the account's APIs share, whatever the size and
 * number of their groups: ten workers, 500 posts a second each. The construct sets the first, the workers keep the second
 * (docs/adr/0020-failed-records-and-concurrency.md).
 */

/** The fan-out jobs that run at once. */
export const FAN_OUT_WORKERS = 10;
/** Posts of one worker. Its burst leaves a group of up to 250 sessions as fast as it was. */
export const WORKER_RATE = { perSecond: 500, burst: 250 };
