import type { Conversation } from '../history.ts';
import { archiveAll } from './archive.ts';
import { Browsers } from './browsers.ts';
import { FileCabinet } from './file-cabinet.ts';
import { GroupDeleter } from './group-deleter.ts';
import { Importer } from './importer.ts';
import type { Infrastructure } from './infrastructure.ts';
import { hearEvents, hearReplays } from './listener.ts';
import { Operator } from './operator.ts';
import type { Platform } from './platform.ts';
import { type HealStep, World, type WorldOptions } from './world.ts';

/** The first user who may be banned has one, too. */
const APPS = 3;

/** A run on a stack with the options of a platform: with its operator, subscribers, files, and notifications. */
export class PlatformWorld extends World {
  readonly files = new FileCabinet(this);
  readonly operator = new Operator(this, this.files.late);
  readonly imports = new Importer(this, this.operator);
  readonly groups = new GroupDeleter(this, this.operator);
  readonly browsers: Browsers;
  readonly #platform: Platform;

  constructor(infrastructure: Infrastructure, platform: Platform, options: WorldOptions) {
    super(infrastructure, { apps: APPS, ...options });
    this.#platform = platform;
    this.browsers = new Browsers(this, platform.push);
  }

  /** No two of them have a conversation of their own, and one has a program. The founder of the groups is none. */
  override get mortals(): readonly string[] {
    return this.accounts.flatMap(({ user }, n) => (n > 0 && n % 2 === 0 ? [user] : []));
  }

  override get customers(): readonly string[] {
    return [...super.customers, ...this.mortals];
  }

  /** Whom the operator bans. */
  get bannable(): readonly string[] {
    return [...this.mortals, ...this.staff.map(({ user }) => user)];
  }

  /** One agent stays. */
  get erasable(): readonly string[] {
    return [...this.mortals, ...this.staff.slice(1).map(({ user }) => user)];
  }

  override isErased(user: string): boolean {
    return this.operator.erased.has(user);
  }

  override get mortalGroup(): Conversation {
    return this.groups.group;
  }

  override isDeleted(conversationId: string): boolean {
    return this.groups.isDeleted(conversationId);
  }

  override async begin(): Promise<void> {
    await this.browsers.registerAll();
    await this.groups.found();
    await super.begin();
  }

  override async heal(step: HealStep): Promise<void> {
    switch (step) {
      case 'settle':
        await this.operator.settle();
        await this.groups.settle();
        await this.files.scanner.settle();
        return this.imports.settle();
      case 'probe':
        return this.browsers.probe();
      case 'finish':
        await this.imports.finish();
        await this.groups.finish();
        return this.operator.finish();
      case 'inspect':
        return this.files.inspect();
      case 'conclude':
        await hearEvents(this, this.#platform.events);
        await hearReplays(this, this.#platform.events);
        return archiveAll(this);
    }
  }
}
