/* The construct sets the number of workers, the workers keep the rate: together they leave a conversation what its members need. */

/** The tasks that run at once, the fewest that Lambda allows; the others wait their turn. */
export const TASK_WORKERS = 2;
/** Write units of one worker: two on the same conversation take 250 of the 1,000 a second that a partition has (IM-ERASE-2). */
export const TASK_UNITS_PER_SECOND = 125;
/** Of a worker that imports: nobody else writes to the conversation meanwhile, so it may take half of its partition. */
export const IMPORT_UNITS_PER_SECOND = 500;
/** Longer than any function of a user's that had begun before a task: what they have written then is there. */
export const SETTLE_SECONDS = 15;
