import { Duration } from 'aws-cdk-lib';
import type { Throttle, UserBudget, WarmThroughput } from './props.ts';

/** Returns the value of a context key, or `undefined` if it isn't set. */
export type ReadContext = (key: string) => unknown;

const DURATION_UNITS = { s: Duration.seconds, m: Duration.minutes, h: Duration.hours, d: Duration.days };

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function recordOf(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** `-c` passes JSON as text, too. */
function entriesOf(text: string): unknown {
  return text.startsWith('[') ? parseJson(text) : text.split(',').map((entry) => entry.trim());
}

/** Reads options of the app, and gathers what is wrong with them. */
export class ContextReader {
  readonly faults: string[] = [];
  readonly #read: ReadContext;

  constructor(read: ReadContext) {
    this.#read = read;
  }

  text(key: string): string | undefined {
    const value = this.#value(key);
    return value === undefined || typeof value === 'string' ? value : this.#fault(key, 'text', value);
  }

  /** @param service whose ARN it has to be */
  arn(key: string, service: string): string | undefined {
    const value = this.text(key);
    const isArn = value === undefined || new RegExp(`^arn:aws[a-z-]*:${service}:`).test(value);
    return isArn ? value : this.#fault(key, `an ARN of ${service}`, value);
  }

  choice<const Word extends string>(key: string, words: readonly Word[]): Word | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    return words.find((word) => word === value) ?? this.#fault(key, words.join(' or '), value);
  }

  choices<const Word extends string>(key: string, words: readonly Word[]): readonly Word[] | undefined {
    const given = this.list(key);
    const chosen = given?.flatMap((text) => words.filter((word) => word === text));
    return chosen?.length === given?.length ? chosen : this.#fault(key, `of ${words.join(', ')}`, given);
  }

  list(key: string): readonly string[] | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const entries = typeof value === 'string' ? entriesOf(value) : value;
    if (Array.isArray(entries) && entries.every((entry) => typeof entry === 'string')) return entries;
    return this.#fault(key, 'text or a list of texts', value);
  }

  flag(key: string): boolean | undefined {
    const value = this.#value(key);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true') return true;
    if (value === 'false') return false;
    return this.#fault(key, 'true or false', value);
  }

  integer(key: string): number | undefined {
    const value = this.#value(key);
    if (value === undefined || (typeof value === 'number' && Number.isInteger(value))) return value;
    if (typeof value === 'string' && /^\d+$/.test(value)) return Number(value);
    return this.#fault(key, 'a whole number', value);
  }

  throughput(key: string): WarmThroughput | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const [, reads, writes] = (typeof value === 'string' && /^(\d{1,9}),(\d{1,9})$/.exec(value)) || [];
    return reads === undefined
      ? this.#fault(key, 'read and write units like 24000,8000', value)
      : { readUnitsPerSecond: Number(reads), writeUnitsPerSecond: Number(writes) };
  }

  throttles(key: string): Readonly<Record<string, Throttle>> | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const entries = Object.entries(
      recordOf(typeof value === 'string' ? parseJson(value) : value) ?? { '': '' },
    );
    const pairs = entries.map(
      ([route, text]) => [route, /^(\d{1,9}),(\d{1,9})$/.exec(String(text))] as const,
    );
    if (pairs.some(([, pair]) => pair === null))
      return this.#fault(key, 'requests a second and at once by route, like {"POST /groups":"10,20"}', value);
    return Object.fromEntries(
      pairs.map(([route, pair]) => [route, { rateLimit: Number(pair?.[1]), burstLimit: Number(pair?.[2]) }]),
    );
  }

  userBudget(key: string): UserBudget | 'none' | undefined {
    return this.noneOr(key, () => {
      const value = this.#value(key);
      if (value === undefined) return undefined;
      const [, perMinute, burst] = (typeof value === 'string' && /^(\d{1,9}),(\d{1,9})$/.exec(value)) || [];
      return perMinute === undefined
        ? this.#fault(key, 'credits a minute and at once like 600,3000, or none', value)
        : { perMinute: Number(perMinute), burst: Number(burst) };
    });
  }

  noneOr<Value>(key: string, read: () => Value): Value | 'none' {
    return this.#value(key) === 'none' ? 'none' : read();
  }

  duration(key: string): Duration | undefined {
    const value = this.#value(key);
    if (value === undefined) return undefined;
    const [, amount, unit] = (typeof value === 'string' && /^(\d{1,9})([smhd])$/.exec(value)) || [];
    // Refuses a number without a unit: it could mean days or seconds.
    if (amount === undefined) return this.#fault(key, 'a duration like 90s, 30m, 12h, or 7d', value);
    return DURATION_UNITS[unit as keyof typeof DURATION_UNITS](Number(amount));
  }

  retention(key: string): Duration | undefined {
    return this.#value(key) === 'forever' ? undefined : this.duration(key);
  }

  #value(key: string): unknown {
    const value = this.#read(key);
    return value === '' || value === null ? undefined : value;
  }

  #fault(key: string, expected: string, value: unknown): undefined {
    this.faults.push(`context "${key}" must be ${expected}, not ${JSON.stringify(value)}`);
    return undefined;
  }
}
