import { costHelp, costText } from '../bench/cost/cost.ts';
import type { Command } from './command.ts';
import { during } from './progress.ts';

/** What the stack costs, from the counts of the bench and the price list. */
export const cost: Command = {
  help: costHelp,
  run: async (args) => console.log(await during('counting', false, async () => costText(args))),
};
