import type { Call, Mutable } from './call.ts';
import { CountTable } from './counts.ts';

/** The last `keep` calls in order of arrival, and counts over all calls. */
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

  /** For a poll that found nothing: an idle event source would fill the log. */
  drop(call: Call): void {
    this.#calls = this.#calls.filter((each) => each !== call);
  }

  clear(): void {
    this.#calls = [];
    this.counts.clear();
  }
}
