import priceFile from '../bench/prices.json' with { type: 'json' };

/** Of bench/prices.json, which the bench and the users' budgets are checked against, too. */
export type PriceName =
  | 'dynamodbWriteUnit'
  | 'dynamodbReadUnit'
  | 'dynamodbIaWriteUnit'
  | 'dynamodbIaReadUnit'
  | 'sqsRequest'
  | 'snsRequest'
  | 'socketMessage'
  | 'connectionMinute'
  | 'httpRequest'
  | 'lambdaRequest'
  | 'lambdaGbSecond'
  | 'logGb'
  | 'accessLogGb';

/** The region and the day of the prices. */
export const PRICES_OF: string = `${priceFile.region}, ${priceFile.collected}`;

/** Dollars for a unit in the first tier, without free tiers. @throws {Error} the file has no such price */
export function priceOf(name: PriceName): number {
  const [tier] = priceFile.prices[name].tiers;
  if (tier === undefined) throw new Error(`${name} has no price.`);
  return tier.dollars;
}

/** Without an exponent, which neither metric math nor Logs Insights is documented to read. */
export function plainDecimal(value: number): string {
  return value.toFixed(18).replace(/\.?0+$/, '');
}
