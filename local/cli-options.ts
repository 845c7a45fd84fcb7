import { parseArgs } from 'node:util';
import { messageOf, OperatorError } from './operator-error.ts';

export const DEFAULT_PORT = 8787;

export const HELP = `Runs serverless-im on this machine: npm start -- [options]

  --port N     port of the gateway, 0 for any (default ${DEFAULT_PORT})
  --web-port N port of the web page, 0 for any (default the one after the gateway's)
  --data DIR   where messages, queues, and logs are kept (default .local)
  --fresh      begin with an empty data folder
  --json       print one line of JSON to stdout when ready, and nothing else there
  --logs       show what the functions write
  --trace      show each frame, request, and batch with its AWS calls
  --faults F   slow and break those calls by the rules in the file F (docs/faults.md)
  --help       print this`;

export type CliOptions = ReturnType<typeof parseCliOptions>;

/** @throws {OperatorError} in one line, on arguments that aren't understood. */
export function parseCliOptions(args: readonly string[]) {
  const {
    port: portText,
    'web-port': webPortText,
    data: dataDirectory,
    faults,
    ...flags
  } = parse(args).values;
  const port = portOf('--port', portText) ?? DEFAULT_PORT;
  const webPort = portOf('--web-port', webPortText) ?? (port === 0 ? 0 : (port + 1) % 65_536);
  if (dataDirectory === '') throw new OperatorError('--data takes a folder.');
  if (faults === '') throw new OperatorError('--faults takes a file.');
  return { port, webPort, dataDirectory, faultsFile: faults, ...flags };
}

function portOf(option: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  const port = Number(value);
  if (value.trim() === '' || !Number.isInteger(port) || port < 0 || port > 65_535) {
    throw new OperatorError(`${option} takes a number from 0 to 65535, not "${value}".`);
  }
  return port;
}

function parse(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        port: { type: 'string' },
        'web-port': { type: 'string' },
        data: { type: 'string', default: '.local' },
        fresh: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        logs: { type: 'boolean', default: false },
        trace: { type: 'boolean', default: false },
        faults: { type: 'string' },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
  } catch (error) {
    const [firstLine] = messageOf(error).split('\n');
    throw new OperatorError(`${firstLine} (--help lists the options)`, { cause: error });
  }
}
