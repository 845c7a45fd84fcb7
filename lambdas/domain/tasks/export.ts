import { conversations } from './export-conversations.ts';
import { PERSON_SECTIONS } from './export-person.ts';
import { type GatherPorts, gather } from './gather.ts';
import type { TaskPorts } from './run-task.ts';
import type { Step } from './step.ts';

export interface ExportPorts extends TaskPorts, GatherPorts {}

/** The steps of an export (IM-ERASE-3), in their order. */
export const EXPORT_STEPS: readonly Step<ExportPorts>[] = [gather([...PERSON_SECTIONS, conversations])];
