import { type CliOptions, DEFAULT_PORT } from './cli-options.ts';
import type { LocalRuntime } from './runtime.ts';

/** Printed when the stack is ready. */
export function banner(runtime: LocalRuntime, options: CliOptions): string {
  const port = runtime.port === DEFAULT_PORT ? '' : ` --port ${runtime.port}`;
  const data = options.dataDirectory;
  return `
serverless-im is running on this machine.

  Web page   ${runtime.webUrl}  (two people side by side: ${runtime.webUrl}?demo)
  Desk       ${runtime.webUrl}desk  (for agents; customers: ${runtime.webUrl}widget-demo.html)
  WebSocket  ${runtime.wsUrl}
  HTTP       ${runtime.httpUrl}
  Tokens     ${runtime.tokenUrl}  (POST {"userId":"alice"})
  Data       ${data}  (function logs: ${data}/logs)

Open the page in two windows, or run these in two more terminals to chat as alice and bob:

  npm run chat -- alice bob${port}
  npm run chat -- bob alice${port}

Press Ctrl-C to stop.
`;
}

/** The banner for programs: one line of JSON. */
export function readyLine(runtime: LocalRuntime): string {
  const { wsUrl, httpUrl, tokenUrl, webUrl, outputs, endpoints } = runtime;
  const { dynamodb, sqs, lambda } = endpoints;
  return JSON.stringify({
    ready: true,
    wsUrl,
    httpUrl,
    tokenUrl,
    webUrl,
    deskUrl: `${webUrl}desk`,
    outputs,
    endpoints: { dynamodb, sqs, lambda },
  });
}
