import { type CliOptions, DEFAULT_PORT } from './cli-options.ts';
import type { LocalRuntime } from './runtime.ts';

/** What a person sees when everything runs. */
export function banner(runtime: LocalRuntime, options: CliOptions): string {
  const port = runtime.port === DEFAULT_PORT ? '' : ` --port ${runtime.port}`;
  const data = options.dataDirectory;
  return `
serverless-im runs on this machine.

  Web page   ${runtime.webUrl}  (two people side by side: ${runtime.webUrl}?demo)
  Desk       ${runtime.webUrl}desk  (for agents; customers: ${runtime.webUrl}widget-demo.html)
  WebSocket  ${runtime.wsUrl}
  HTTP       ${runtime.httpUrl}
  Tokens     ${runtime.tokenUrl}  (POST {"userId":"alice"})
  Data       ${data}  (what the functions write: ${data}/logs)

Open the page in two windows, or paste these into two more terminals, and alice and bob can talk:

  npm run chat -- alice bob${port}
  npm run chat -- bob alice${port}

Ctrl-C stops it.
`;
}

/** What a program reads when everything runs, in one line. */
export function readyLine(runtime: LocalRuntime): string {
  const { wsUrl, httpUrl, tokenUrl, webUrl, outputs, endpoints } = runtime;
  const { dynamodb, sqs } = endpoints;
  return JSON.stringify({
    ready: true,
    wsUrl,
    httpUrl,
    tokenUrl,
    webUrl,
    deskUrl: `${webUrl}desk`,
    outputs,
    endpoints: { dynamodb, sqs },
  });
}
