import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';

/** A program that ends with this process. */
export interface TiedProcess {
  readonly child: ChildProcess;
  kill(signal: 'SIGTERM' | 'SIGKILL'): void;
  /** Lets go of it, once it has ended. */
  untie(): void;
}

/**
 * Starts a program that dies with this process, even by `kill -9`, which a signal handler would miss. It gets its own process
 * group: Ctrl-C reaches only this process, which stops it last. Its output is piped.
 * @param platform for tests
 */
export function spawnTied(
  program: string,
  args: readonly string[],
  env: Readonly<NodeJS.ProcessEnv>,
  platform: NodeJS.Platform = process.platform,
): TiedProcess {
  const options: SpawnOptions = { env, detached: true, windowsHide: true };
  return (platform === 'win32' ? withWatcher : withShell)(program, args, options);
}

/**
 * The command starts a background shell, which outlives a SIGTERM to the group, and then becomes the program. The shell reads from file descriptor 3, a pipe from this
 * process: a line ends the shell, the end of file makes it kill the program with its children, since what is on the PATH may be
 * a script.
 */
const SHELL =
  '(trap "" TERM; read -r line <&3 || kill -9 0) >/dev/null 2>&1 </dev/null & exec "$@" 3<&- </dev/null';

function withShell(program: string, args: readonly string[], options: SpawnOptions): TiedProcess {
  const stdio: SpawnOptions['stdio'] = ['ignore', 'pipe', 'pipe', 'pipe'];
  const child = spawn('/bin/sh', ['-c', SHELL, 'sh', program, ...args], { ...options, stdio });
  const leash = child.stdio[3];
  leash?.on('error', ignore);
  return {
    child,
    kill: (signal) => killGroup(child, signal),
    untie: () => {
      if (leash && 'end' in leash) leash.end('\n');
    },
  };
}

function killGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // All have ended.
  }
}

/** The same for Windows, which has no such shell. */
const WATCHER = `process.stdin
  .on('data', () => process.exit())
  .on('end', () => process.kill(Number(process.argv[1]), 'SIGKILL'));`;

function withWatcher(program: string, args: readonly string[], options: SpawnOptions): TiedProcess {
  const child = spawn(program, args, { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  const kill = (signal: NodeJS.Signals) => void child.kill(signal);
  if (child.pid === undefined) return { child, kill, untie: () => {} };
  const watcher = spawn(process.execPath, ['-e', WATCHER, String(child.pid)], {
    ...options,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  watcher.unref();
  watcher.stdin?.on('error', ignore);
  const untie = () => void watcher.stdin?.end('\n');
  // Another process may get its id.
  child.once('exit', untie);
  return { child, kill, untie };
}

/** The other end has ended before. */
function ignore(): void {}
