/** `npm run cost` */
import { main } from './cost.ts';

process.exitCode = main(process.argv.slice(2));
