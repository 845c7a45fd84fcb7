import type { ConversationTrail } from '../model/task.ts';
import type { TaskPorts } from './run-task.ts';
import type { Step } from './step.ts';

export interface ExportPorts extends TaskPorts {
  readonly trail: ConversationTrail;
}

/** The steps of an export (IM-ERASE-3), in their order. */
export const EXPORT_STEPS: readonly Step<ExportPorts>[] = [];
