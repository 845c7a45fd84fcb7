import type { TestProject } from 'vitest/node';
import { sharedAssembly } from '../../setup/assembly.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** See `sharedAssembly`. */
    readonly cdkOut: string;
  }
}

export default async function synthOnce(project: TestProject): Promise<void> {
  project.provide('cdkOut', await sharedAssembly());
}
