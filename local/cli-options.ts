import { parseArgs } from 'node:util';
import { messageOf, OperatorError } from './operator-error.ts';

export interface CliOptions {
  readonly port: number;
  readonly webPort: number;
  readonly dataDirectory: string;
  readonly fresh: boolean;
  readonly json: boolean;
  readonly logs: boolean;
  readonly trace: boolean;
  readonly faultsFile?: string;
  readonly help: boolean;
}

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

/** @throws {OperatorError} in one line, on arguments that aren't understood. */
export function parseCliOptions(args: readonly string[]): CliOptions {
  const { values } = parse(args);
  const port = portOf('--port', values.port) ?? DEFAULT_PORT;
  const webPort = portOf('--web-port', values['web-port']) ?? (port === 0 ? 0 : (port + 1) % 65_536);
  const dataDirectory = values.data ?? '.local';
  if (dataDirectory === '') throw new OperatorError('--data takes a folder.');
  const { fresh = false, json = false, logs = false, trace = false, help = false, faults } = values;
  if (faults === '') throw new OperatorError('--faults takes a file.');
  const faultsFile = faults === undefined ? {} : { faultsFile: faults };
  return { port, webPort, dataDirectory, fresh, json, logs, trace, help, ...faultsFile };
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
        data: { type: 'string' },
        fresh: { type: 'boolean' },
        json: { type: 'boolean' },
        logs: { type: 'boolean' },
        trace: { type: 'boolean' },
        faults: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    const [firstLine] = messageOf(error).split('\n');
    throw new OperatorError(`${firstLine} (--help lists the options)`, { cause: error });
  }
}
