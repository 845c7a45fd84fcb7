import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Kills a process that was started with `detached` (but on Windows), and all that it has started.
 * @param platform for tests
 */
export function killTree(child: ChildProcess, platform: NodeJS.Platform = process.platform): void {
  if (child.pid === undefined) return;
  if (platform === 'win32') {
    // Windows has no process groups to signal; without `taskkill` at least the process itself ends.
    const options = { stdio: 'ignore', windowsHide: true } as const;
    spawn('taskkill', ['/pid', String(child.pid), '/T', '/F'], options).once('error', () => child.kill());
    return;
  }
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch {
    // All have ended.
  }
}
