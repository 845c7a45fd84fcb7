import type { Call, Mutable } from './call.ts';
import { CountTable } from './counts.ts';

/** The calls in order of arrival: the last `keep` of them, and sums over all. */
export class CallLog {
  readonly counts = new CountTable();
  readonly #keep: number;
  #calls: Call[] = [];
  #next = 0;

  constructor(keep: number) {
    this.#keep = keep;
  }

  get calls(): readonly Call[] {
    return this.#calls.slice(-this.#keep);
  }

  begin(call: Omit<Call, 'index'>): Mutable<Call> {
    const begun = { index: this.#next, ...call };
    this.#next += 1;
    this.#calls.push(begun);
    if (this.#calls.length > this.#keep * 2) this.#calls = this.#calls.slice(-this.#keep);
    return begun;
  }

  end(call: Mutable<Call>): void {
    call.endMs ??= performance.now();
    this.counts.add(call);
  }

  clear(): void {
    this.#calls = [];
    this.counts.clear();
  }
}
