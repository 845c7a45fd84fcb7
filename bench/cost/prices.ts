import prices from '../prices.json' with { type: 'json' };

export type PriceName =
  | 'dynamodbWriteUnit'
  | 'dynamodbReadUnit'
  | 'dynamodbStorageGb'
  | 'dynamodbBackupGb'
  | 'dynamodbIaWriteUnit'
  | 'dynamodbIaReadUnit'
  | 'dynamodbIaStorageGb'
  | 'sqsRequest'
  | 'snsRequest'
  | 's3PutRequest'
  | 's3GetRequest'
  | 's3StorageGb'
  | 's3IaStorageGb'
  | 'socketMessage'
  | 'connectionMinute'
  | 'httpRequest'
  | 'lambdaRequest'
  | 'lambdaGbSecond'
  | 'logGb'
  | 'accessLogGb'
  | 'alarmMetric'
  | 'dashboard'
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
  | 'waitPerInvokeMs'
  | 'pollSeconds'
  | 'callsAtOnce'
  | 'wireBytesPerMessage'
  | 'storedBytesPerMessage';

export interface PriceFile {
  readonly collected: string;
  readonly region: string;
  readonly note: string;
  readonly prices: Readonly<Record<PriceName, Price>>;
  /** Amounts that AWS gives each account for free every month, without an end. */
  readonly freeTier: Readonly<
    Partial<Record<PriceName, { readonly amount: number; readonly source: string }>>
  >;
  readonly assumptions: Readonly<Record<AssumptionName, { readonly value: number; readonly why: string }>>;
}

export function readPrices(): PriceFile {
  return prices as PriceFile;
}

export function costOf({ tiers }: Pick<Price, 'tiers'>, amount: number): number {
  let [dollars, below] = [0, 0];
  for (const { upTo = Number.POSITIVE_INFINITY, dollars: each } of tiers) {
    dollars += Math.max(0, Math.min(amount, upTo) - below) * each;
    below = upTo;
  }
  return dollars;
}
