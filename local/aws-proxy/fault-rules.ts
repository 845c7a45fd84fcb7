import { type Call, type CallMatch, matches } from './call.ts';
import { type FaultKind, type Stage, stageOf } from './fault-kind.ts';
import { draw } from './random.ts';

/**
 * Applies a fault to matching calls: to all, or selected by one of `nth`, `every`, and `probability`; at most `times`
 * times. Matching calls are counted since the rule was added, even if another rule applies to them.
 */
export interface FaultRule extends CallMatch {
  readonly fault: FaultKind;
  /** Only the n-th call, from 1. */
  readonly nth?: number;
  /** Every k-th call. */
  readonly every?: number;
  /** 0 to 1, drawn from the proxy's seed. */
  readonly probability?: number;
  readonly times?: number;
  /** Error code for `throttle` and `error` in place of the default: `ThrottlingException`. */
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

  /** The first rule, in the order of addition, that applies to this call in one of these stages. */
  select(stages: readonly Stage[], call: Call, input: unknown): FaultRule | undefined {
    // Every rule counts the call, so that `nth` does not depend on other rules.
    const applicable = [...this.#armed].filter((armed) => armed.takes(stages, call, input));
    const [first] = applicable;
    if (first !== undefined) first.fired += 1;
    return first?.rule;
  }
}

/** An active rule. */
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
    if (!stages.includes(stageOf(fault)) || !canApply(fault, call)) return false;
    if (!matches(this.rule, call, input)) return false;
    this.#seen += 1;
    if (times !== undefined && this.fired >= times) return false;
    if (nth !== undefined) return this.#seen === nth;
    if (every !== undefined) return this.#seen % every === 0;
    return probability === undefined || draw(this.#seed, this.#name, this.#seen) < probability;
  }
}

function canApply(fault: FaultKind, { service, operation }: Call): boolean {
  if (fault === 'gone') return service === 'connections' || service === 'lambda';
  return fault !== 'unprocessed' || BATCHES.has(operation);
}
