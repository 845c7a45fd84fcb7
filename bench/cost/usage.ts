import { costOf, type PriceFile, type PriceName } from './prices.ts';

/** Billed amounts, by the name of their price. */
export type Usage = Readonly<Partial<Record<PriceName, number>>>;

export function addUsage(...usages: readonly Usage[]): Usage {
  const sum: Partial<Record<PriceName, number>> = {};
  for (const usage of usages) {
    for (const [name, amount] of entries(usage)) sum[name] = (sum[name] ?? 0) + amount;
  }
  return sum;
}

export function times(usage: Usage, factor: number): Usage {
  return Object.fromEntries(entries(usage).map(([name, amount]) => [name, amount * factor]));
}

export interface BillLine {
  readonly name: PriceName;
  readonly service: string;
  readonly amount: number;
  readonly dollars: number;
}

export function billOf(usage: Usage, { prices }: Pick<PriceFile, 'prices'>): readonly BillLine[] {
  return entries(usage).map(([name, amount]) => ({
    name,
    service: prices[name].service,
    amount,
    dollars: costOf(prices[name], amount),
  }));
}

export function dollarsBy(lines: readonly BillLine[]): ReadonlyMap<string, number> {
  const sums = new Map<string, number>();
  for (const { service, dollars } of lines) sums.set(service, (sums.get(service) ?? 0) + dollars);
  return sums;
}

export function totalOf(lines: readonly BillLine[]): number {
  return lines.reduce((sum, { dollars }) => sum + dollars, 0);
}

function entries(usage: Usage): readonly (readonly [PriceName, number])[] {
  return Object.entries(usage) as [PriceName, number][];
}
