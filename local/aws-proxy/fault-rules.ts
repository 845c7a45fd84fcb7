import { type Call, type CallMatch, matches } from './call.ts';
import { type FaultKind, type Stage, stageOf } from './fault-kind.ts';
import { draw } from './random.ts';

/**
 * Strikes the calls that match: all of them, or as one of `nth`, `every`, and `probability` says, and no more than
 * `times`. Calls are counted from the rule's beginning, whether or not another rule has struck them.
 */
export interface FaultRule extends CallMatch {
  readonly fault: FaultKind;
  /** Only this one, from 1. */
  readonly nth?: number;
  /** Each k-th. */
  readonly every?: number;
  /** 0 to 1, by the proxy's seed. */
  readonly probability?: number;
  readonly times?: number;
  /** The error that `throttle` and `error` answer with, if not the usual one: `ThrottlingException`. */
  readonly code?: string;
}

const BATCHES = new Set(['BatchWriteItem', 'BatchGetItem', 'SendMessageBatch']);

export class FaultRules {
  readonly #seed: number;
  readonly #armed = new Set<ArmedRule>();
  #added = 0;

  constructor(seed: number) {
    this.#seed = seed;
  }

  add(rule: FaultRule): ActiveFault {
    const name = `rule ${this.#added}`;
    this.#added += 1;
    const armed: ArmedRule = new ArmedRule(rule, this.#seed, name, () => this.#armed.delete(armed));
    this.#armed.add(armed);
    return armed;
  }

  clear(): void {
    this.#armed.clear();
  }

  /** The first rule, in the order in which they were added, that strikes this call in one of these stages. */
  strike(stages: readonly Stage[], call: Call, input: unknown): FaultRule | undefined {
    // All of them count the call, so that a rule's nth doesn't depend on its neighbours.
    const striking = [...this.#armed].filter((armed) => armed.takes(stages, call, input));
    const [first] = striking;
    if (first !== undefined) first.fired += 1;
    return first?.rule;
  }
}

/** A rule at work. */
export type ActiveFault = Readonly<Pick<ArmedRule, 'rule' | 'fired' | 'remove'>>;

class ArmedRule {
  readonly rule: FaultRule;
  readonly remove: () => void;
  readonly #seed: number;
  readonly #name: string;
  #seen = 0;
  fired = 0;

  constructor(rule: FaultRule, seed: number, name: string, remove: () => void) {
    this.rule = rule;
    this.remove = remove;
    this.#seed = seed;
    this.#name = name;
  }

  takes(stages: readonly Stage[], call: Call, input: unknown): boolean {
    const { fault, nth, every, probability, times } = this.rule;
    if (!stages.includes(stageOf(fault)) || !canStrike(fault, call)) return false;
    if (!matches(this.rule, call, input)) return false;
    this.#seen += 1;
    if (times !== undefined && this.fired >= times) return false;
    if (nth !== undefined) return this.#seen === nth;
    if (every !== undefined) return this.#seen % every === 0;
    return probability === undefined || draw(this.#seed, this.#name, this.#seen) < probability;
  }
}

function canStrike(fault: FaultKind, { service, operation }: Call): boolean {
  if (fault === 'gone') return service === 'connections';
  return fault !== 'unprocessed' || BATCHES.has(operation);
}
