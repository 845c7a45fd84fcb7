import type { SQSEvent } from 'aws-lambda';
import * as of from '../composition.ts';
import { createPace } from '../domain/delivery/pace.ts';
import { taskJobSchema } from '../domain/model/task.ts';
import { runTask } from '../domain/tasks/run-task.ts';
import { STEPS } from '../domain/tasks/steps.ts';
import { systemClock, systemPause } from '../shared/clock.ts';
import { lazily } from '../shared/lazily.ts';
import { IMPORT_UNITS_PER_SECOND, TASK_UNITS_PER_SECOND } from '../shared/task-rate.ts';
import { processBatch, processEach } from '../transport/queue-records.ts';

/** For the life of an instance, without a burst: what hangs on the rate is a partition, which has others to serve. */
const pace = createPace({ perSecond: TASK_UNITS_PER_SECOND, burst: 0 }, systemClock, systemPause);
const importPace = createPace({ perSecond: IMPORT_UNITS_PER_SECOND, burst: 0 }, systemClock, systemPause);

const deskPorts = of.hasDesk()
  ? lazily({
      routes: of.routes,
      connections: of.connections,
      conversations: of.conversations,
      messages: of.messages,
      desk: of.desk,
      deskWriter: of.deskWriter,
      deskErasure: of.deskErasure,
      outbox: of.deskOutbox,
      offlineQueue: of.offlineQueue,
      deskEvents: of.deskEvents,
      agentGraceMs: { env: [], get: () => 0 },
      clock: of.clock,
    })
  : undefined;

const ports = lazily({
  budget: of.noBudget,
  routes: of.routes,
  connections: of.connections,
  deskEvents: of.deskEventsIfAny(),
  userEvents: of.userEventsIfAny(),
  groupEvents: of.groupEventsIfAny(),
  tasks: of.tasks,
  taskWriter: of.taskWriter,
  taskQueue: of.taskQueue,
  trail: of.trail,
  conversations: of.conversations,
  conversationWriter: of.conversationWriter,
  groups: of.groups,
  groupWriter: of.groupWriter,
  groupDeletion: of.groupDeletion,
  succession: of.succession,
  outbox: of.groupOutbox,
  memberships: of.memberships,
  messages: of.messages,
  erasure: of.erasure,
  reactions: of.reactions,
  reactionWriter: of.reactionWriter,
  pinWriter: of.pinWriter,
  fanOutQueue: of.fanOutQueue,
  offlineQueue: of.offlineQueue,
  archiveEditor: of.archiveEditorIfAny(),
  attachmentFiles: of.attachmentFilesIfAny(),
  attachmentFolders: of.attachmentFoldersIfAny(),
  attachmentLinks: of.attachmentLinksIfAny(),
  // Also without notifications: they may have been on before.
  pushDevices: of.pushDevices,
  pushDeviceWriter: of.pushDeviceWriter,
  deskPorts: { env: [], get: () => deskPorts },
  pace: { env: [], get: () => pace },
  pins: of.pins,
  profiles: of.profiles,
  contacts: of.contacts,
  blocks: of.blocks,
  ownReports: of.ownReports,
  person: of.person,
  blockWriter: of.blockWriter,
  reportErasure: of.reportErasure,
  exportFiles: of.exportFiles,
  importFiles: of.importFiles,
  importTable: of.importTable,
  importPace: { env: [], get: () => importPace },
  historyTtlSeconds: of.historyTtlSeconds,
  profileWriter: of.profileWriter,
  keepsProfiles: of.keepsProfiles,
  workQueue: of.workQueue,
  clock: of.clock,
});

/** Does the tasks of operators, page by page: erases and exports users (IM-ERASE), and imports messages (IM-IMPORT). */
export const handler = ({ Records }: SQSEvent) =>
  processBatch('task', taskJobSchema, Records, ports, (jobs) =>
    processEach(jobs, (job) => runTask(ports, STEPS, job)),
  );
