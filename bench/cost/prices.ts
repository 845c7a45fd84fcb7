import { readJson } from '../files.ts';

export type PriceName =
  | 'dynamodbWriteUnit'
  | 'dynamodbReadUnit'
  | 'dynamodbStorageGb'
  | 'dynamodbBackupGb'
  | 'sqsRequest'
  | 'socketMessage'
  | 'connectionMinute'
  | 'httpRequest'
  | 'lambdaRequest'
  | 'lambdaGbSecond'
  | 'logGb'
  | 'trace'
  | 'transferGb';

export interface Price {
  readonly service: string;
  readonly unit: string;
  readonly source: string;
  /** Upper bound of the tier, cumulative per month; the last tier has none. */
  readonly tiers: readonly { readonly upTo?: number; readonly dollars: number }[];
}

type AssumptionName =
  | 'logBytesPerInvocation'
  | 'accessLogBytesPerRequest'
  | 'traceShare'
  | 'vcpuMegabytes'
  | 'waitPerCallMs'
  | 'callsAtOnce'
  | 'wireBytesPerMessage'
  | 'storedBytesPerMessage';

export interface PriceFile {
  readonly collected: string;
  readonly region: string;
  readonly note: string;
  readonly prices: Readonly<Record<PriceName, Price>>;
  readonly assumptions: Readonly<Record<AssumptionName, { readonly value: number; readonly why: string }>>;
}

export function readPrices(): PriceFile {
  return readJson<PriceFile>('prices.json');
}

export function costOf({ tiers }: Pick<Price, 'tiers'>, amount: number): number {
  let [dollars, below] = [0, 0];
  for (const { upTo = Number.POSITIVE_INFINITY, dollars: each } of tiers) {
    dollars += Math.max(0, Math.min(amount, upTo) - below) * each;
    below = upTo;
  }
  return dollars;
}
