import { ulid } from 'ulid';
import type { ADMIN_ROUTES } from '../../protocol/admin.ts';
import { importPath, type NewImportBody, newImportSchema, startImportSchema } from '../../protocol/import.ts';
import type { ImportForms } from '../domain/model/import.ts';
import { startTask, type TaskPorts } from '../domain/tasks/run-task.ts';
import { parseWith } from '../shared/parse.ts';
import type { AdminAnswer } from './admin.ts';

export interface AdminImportPorts extends TaskPorts {
  readonly importForms: ImportForms;
}

type ImportRoute = Extract<(typeof ADMIN_ROUTES)[number], `${string} /admin/imports${string}`>;

/** The admin API's routes of imports (docs/protocol.md, section 25). */
export function adminImportAnswers(ports: AdminImportPorts): Readonly<Record<ImportRoute, AdminAnswer>> {
  return {
    'POST /admin/imports': ({ body, atMs }) => {
      const { size } = parseWith(newImportSchema, body());
      const importId = ulid(atMs);
      return {
        target: { importId },
        status: 201,
        run: async (): Promise<NewImportBody> => {
          const form = await ports.importForms.formOf(importId, size, ports.clock());
          const { expiresAtMs, ...upload } = form;
          return { importId, upload, expiresAt: expiresAtMs };
        },
      };
    },
    'POST /admin/imports/{importId}/tasks': ({ path, optionalBody, atMs }) => {
      const { importId } = parseWith(importPath, path);
      const { dryRun } = parseWith(startImportSchema, optionalBody());
      const task = { taskId: ulid(atMs), kind: 'import', importId, dryRun } as const;
      return {
        target: { importId, taskId: task.taskId },
        status: 202,
        run: () => startTask(ports, task),
      };
    },
  };
}
