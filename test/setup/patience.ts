/** How long a test waits for what must happen. Long, because a busy machine takes many times as long; only a fault waits to the end. */
export const PATIENCE_MS = 100_000;
/** Looks again with each turn of the event loop: for what waits for promises only. */
export const EACH_TURN = { interval: 1, timeout: PATIENCE_MS };
/** More than a wait has, so that a test's failure says what it waited for. */
export const TEST_TIMEOUT_MS = 240_000;
