import { Names } from './aws-proxy/names.ts';
import type { StackModel } from './model.ts';

const IS_LATE = /\btimed out\b|\btime-out$/;

/** Warnings of a running stack, for a person: functions have the names of `admin top`, and the first that is late has a reason. */
export class ReadableWarnings {
  readonly #report: (message: string) => void;
  #names: readonly (readonly [logicalId: string, name: string])[] = [];
  #hasReason = false;

  constructor(report: (message: string) => void) {
    this.#report = report;
  }

  /** To be called when it runs: before, warnings are about its template, which has logical ids. */
  readonly name = (stack: StackModel): void => {
    const names = new Names(stack);
    this.#names = stack.functions.map(({ logicalId }) => [logicalId, names.of(logicalId)]);
  };

  readonly warn = (message: string): void => {
    const named = this.#names.reduce((text, [id, name]) => text.replaceAll(id, name), message);
    const isFirst = IS_LATE.test(named) && !this.#hasReason;
    this.#hasReason ||= isFirst;
    this.#report(isFirst ? `${named} (is this machine busy? Clients and queues try again)` : named);
  };
}
