import { IMPORT_STEPS, type ImportPorts } from '../import/import.ts';
import { DELETE_GROUP_STEPS, type DeleteGroupPorts } from './delete-group.ts';
import { ERASE_STEPS, type ErasePorts } from './erase.ts';
import { EXPORT_STEPS, type ExportPorts } from './export.ts';
import type { Steps } from './run-task.ts';

/** All kinds of tasks. */
export const STEPS: Steps<ErasePorts & ExportPorts & DeleteGroupPorts & ImportPorts> = {
  erase: ERASE_STEPS,
  export: EXPORT_STEPS,
  'delete-group': DELETE_GROUP_STEPS,
  import: IMPORT_STEPS,
};
