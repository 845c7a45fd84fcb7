import type { ClusterNode } from '../../local/cluster/cluster.ts';
import type { LocalRuntime } from '../../local/runtime.ts';
import type { Endpoints } from '../../local/runtime-options.ts';
import { commandLine } from '../wording.ts';
import { DEFAULT_PORT, type StartOptions } from './options.ts';

/** What is printed of a runtime, or of several nodes. */
export interface Announced
  extends Pick<LocalRuntime, 'port' | 'wsUrl' | 'httpUrl' | 'tokenUrl' | 'webUrl' | 'outputs'> {
  readonly endpoints: Omit<Endpoints, 'connections'>;
  readonly nodes?: readonly ClusterNode[];
  /** @default - the stack has none but the chat's */
  readonly otherApis?: LocalRuntime['otherApis'];
}

/** Printed when the stack is ready. */
export function banner(runtime: Announced, options: StartOptions): string {
  const port = runtime.port === DEFAULT_PORT ? '' : ` --port ${runtime.port}`;
  const data = options.dataDirectory;
  return `
serverless-im is running on this machine.

  Web page   ${runtime.webUrl}  (two people side by side: ${runtime.webUrl}?demo)
  Desk       ${runtime.webUrl}desk  (for agents; customers: ${runtime.webUrl}widget-demo.html)
  Reference  ${runtime.webUrl}docs  (the API, to try; the SDK; the options)
  WebSocket  ${runtime.wsUrl}
  HTTP       ${runtime.httpUrl}
  Tokens     ${runtime.tokenUrl}  (POST {"userId":"alice"})
${nodeLines(runtime)}  Data       ${data}  (function logs: ${data}/logs)
${options.app === undefined ? '' : appLines(runtime)}
Open ${pageOf(options)}, or run these in two more terminals to chat as alice and bob:

  ${commandLine('chat', `alice bob${port}`)}
  ${commandLine('chat', `bob alice${port}`)}

Press Ctrl-C to stop.
`;
}

/** Where somebody has a page, that is the one to look at. */
function pageOf({ widgetOrigins }: StartOptions): string {
  return widgetOrigins.length === 0
    ? 'the page in two windows'
    : `your page, ${widgetOrigins.join(' or ')}, in two windows`;
}

/** Empty for one runtime, which is this process. */
function nodeLines({ nodes = [] }: Announced): string {
  return nodes.map(({ node, pid, wsUrl }) => `  Node ${node}     process ${pid}, ${wsUrl}\n`).join('');
}

/** What the app has besides the chat: its APIs, and the outputs that it names itself. */
function appLines({ otherApis = [], outputs }: Announced): string {
  const apis = otherApis.map(({ name, url }) => [name, url] as const);
  const own = Object.entries(outputs).filter(([name]) => !/(Exports|Publish)Output/.test(name));
  const sections = { 'Other APIs of the app': apis, 'Outputs of the app': own };
  return Object.entries(sections)
    .filter(([, lines]) => lines.length > 0)
    .map(([title, lines]) => `\n${title}:\n\n${aligned(lines)}`)
    .join('');
}

function aligned(lines: readonly (readonly [name: string, value: string])[]): string {
  const width = Math.max(...lines.map(([name]) => name.length));
  return lines.map(([name, value]) => `  ${name.padEnd(width)}  ${value}\n`).join('');
}

/** The banner for programs: one line of JSON. */
export function readyLine(runtime: Announced): string {
  return JSON.stringify(readyFacts(runtime));
}

/** What programs need to know of the runtime. */
export function readyFacts(runtime: Announced) {
  const { wsUrl, httpUrl, tokenUrl, webUrl, outputs, endpoints, nodes, otherApis } = runtime;
  const { dynamodb, sqs, sns, s3, lambda } = endpoints;
  return {
    ready: true,
    wsUrl,
    httpUrl,
    tokenUrl,
    webUrl,
    deskUrl: `${webUrl}desk`,
    outputs,
    ...(otherApis && { otherApis }),
    endpoints: { dynamodb, sqs, sns, s3, lambda },
    ...(nodes && { nodes }),
  };
}
