import type { Task, TaskJob, TaskQueue, TaskReader, TaskWriter } from '../../../lambdas/domain/model/task.ts';

export function inMemoryTasks(): TaskReader & TaskWriter {
  const rows = new Map<string, Task>();
  return {
    task: async (taskId) => rows.get(taskId),
    create: async (task) => void rows.set(task.taskId, task),
    async save(task) {
      if (rows.get(task.taskId)?.version !== task.version - 1) return false;
      rows.set(task.taskId, task);
      return true;
    },
  };
}

type DelayedTaskJob = TaskJob & { readonly delaySeconds: number };

export interface InMemoryTaskQueue extends TaskQueue {
  readonly jobs: DelayedTaskJob[];
}

export function inMemoryTaskQueue(): InMemoryTaskQueue {
  const jobs: DelayedTaskJob[] = [];
  return { jobs, enqueue: async (job, delaySeconds) => void jobs.push({ ...job, delaySeconds }) };
}
