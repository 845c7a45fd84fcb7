import type { SQSEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { taskJobSchema } from '../domain/model/task.ts';
import { runTask } from '../domain/tasks/run-task.ts';
import { STEPS } from '../domain/tasks/steps.ts';
import { lazily } from '../shared/lazily.ts';
import { processBatch, processEach } from '../transport/queue-records.ts';

const ports = lazily({
  routes: of.routes,
  connections: of.connections,
  deskEvents: of.deskEventsIfAny(),
  userEvents: of.userEventsIfAny(),
  tasks: of.tasks,
  taskWriter: of.taskWriter,
  taskQueue: of.taskQueue,
  trail: of.trail,
  workQueue: of.workQueue,
  clock: of.clock,
});

/** Does the tasks of operators, page by page: erases and exports users (IM-ERASE). */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('task', taskJobSchema, Records, ports, (jobs) =>
    processEach(jobs, ({ taskId }) => runTask(ports, STEPS, taskId)),
  );
