import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs';

const ROOT = '/sys/fs/cgroup';
/** Scheduling period of the CPU quota. AWS documents no period for Lambda; a shorter one would hide waits. */
const PERIOD_MICROS = 20_000;

/** A control group whose processes share a fraction of one core. Needs Linux, and root. */
export class CpuGroup {
  /** The group's folder; a process joins by writing its id to `cgroup.procs` in it. */
  readonly directory: string;

  /** @throws {Error} if this machine does not allow control groups */
  constructor(name: string, cores: number) {
    const isFirstVersion = existsSync(`${ROOT}/cpu/cpu.shares`) || existsSync(`${ROOT}/cpu/cgroup.procs`);
    this.directory = `${ROOT}/${isFirstVersion ? 'cpu/' : ''}serverless-im-${process.pid}-${name}`;
    const quota = Math.round(PERIOD_MICROS * cores);
    mkdirSync(this.directory);
    if (isFirstVersion) {
      this.#write('cpu.cfs_period_us', `${PERIOD_MICROS}`);
      this.#write('cpu.cfs_quota_us', `${quota}`);
    } else this.#write('cpu.max', `${quota} ${PERIOD_MICROS}`);
  }

  remove(): void {
    rmdirSync(this.directory);
  }

  #write(file: string, text: string): void {
    writeFileSync(`${this.directory}/${file}`, text);
  }
}
