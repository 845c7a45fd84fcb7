import { styleText } from 'node:util';
import type { QueueSummary, RouteSummary, Summary } from './summary.ts';

const MOST_ROUTES = 15;
const NARROWEST = 30;

/** The view in a terminal, of at most some forty lines. */
export function topText(summary: Summary, isColoured: boolean): string {
  const paint: Paint = (style, text) =>
    isColoured ? styleText(style, text, { validateStream: false }) : text;
  const { seconds, messagesPerMinute, connectedSessions } = summary;
  const head = [
    `messages a minute: ${amount(messagesPerMinute)}`,
    `connected sessions: ${connectedSessions}`,
    `dollars an hour: ${money(totalOf(summary.dollarsPerHour))}`,
  ];
  return [
    `${paint('bold', head.join('  ·  '))}   ${paint('dim', `of the last ${Math.round(seconds)} s`)}`,
    '',
    ...routeLines(summary.routes, paint),
    '',
    ...summary.queues.filter(isNotable).map((queue) => queueLine(queue, paint)),
    ...troubleLines(summary, paint),
    paint('dim', dollarsText(summary.dollarsPerHour)),
  ].join('\n');
}

type Style = 'bold' | 'dim' | 'red' | 'yellow';
type Paint = (style: Style, text: string) => string;

function routeLines(routes: readonly RouteSummary[], paint: Paint): string[] {
  const shown = routes.slice(0, MOST_ROUTES);
  const width = Math.max(NARROWEST, ...shown.map(({ route }) => route.length));
  const line = (route: string, ...numbers: readonly string[]) =>
    [route.padEnd(width), ...numbers.map((text) => text.padStart(8))].join('').trimEnd();
  const rows = shown.map(({ route, calls, failed, p50Ms, p95Ms }) => {
    const row = line(route, `${calls}`, p50Ms.toFixed(0), p95Ms.toFixed(0), failed === 0 ? '' : `${failed}`);
    return failed === 0 ? row : paint('red', row);
  });
  const more = routes.length - MOST_ROUTES;
  return [
    paint('dim', line('route', 'calls', 'p50 ms', 'p95 ms', 'failed')),
    ...rows,
    ...(more > 0 ? [paint('dim', `… and ${more} more`)] : []),
  ];
}

/** Dead letters are always worth a line, and a work queue too, so that it is seen to be empty. */
function isNotable({ queue, waiting, delayed, inFlight }: QueueSummary): boolean {
  return waiting + delayed + inFlight > 0 || !/DeadLetters|Failures/.test(queue);
}

function queueLine({ queue, waiting, delayed, inFlight, oldestSeconds }: QueueSummary, paint: Paint): string {
  const parts = [
    `${waiting} waiting`,
    ...(delayed > 0 ? [`${delayed} delayed`] : []),
    ...(inFlight > 0 ? [`${inFlight} in flight`] : []),
    ...(oldestSeconds === undefined ? [] : [`oldest ${oldestSeconds.toFixed(0)} s`]),
  ];
  const line = `${queue}: ${parts.join(', ')}`;
  return /DeadLetters|Failures/.test(queue) ? paint('red', line) : line;
}

function troubleLines({ errors, refusals, usersOverBudget }: Summary, paint: Paint): string[] {
  const { failedRuns, loggedFaults } = errors;
  const codes = Object.entries(refusals).sort(([, a], [, b]) => b - a);
  const errorLine = `errors: ${failedRuns} failed runs, ${loggedFaults} faults in the logs`;
  return [
    failedRuns + loggedFaults > 0 ? paint('red', errorLine) : errorLine,
    `refusals: ${codes.map(([code, count]) => `${count} ${code}`).join(', ') || 'none'}`,
    usersOverBudget > 0
      ? paint('yellow', `budget refusals, by users: ${usersOverBudget}`)
      : 'budget refusals: none',
  ];
}

function dollarsText(dollars: Summary['dollarsPerHour']): string {
  const parts = Object.entries(dollars)
    .filter(([, sum]) => sum > 0)
    .sort(([, a], [, b]) => b - a)
    .map(([service, sum]) => `${service} ${money(sum)}`);
  return `dollars an hour by service, at list prices: ${parts.join(', ') || 'none'}`;
}

function totalOf(dollars: Summary['dollarsPerHour']): number {
  return Object.values(dollars).reduce((sum, one) => sum + one, 0);
}

function amount(value: number): string {
  return value < 10 ? String(Math.round(value * 10) / 10) : value.toFixed(0);
}

/** An hour of a talk costs a thousandth of a cent. */
function money(dollars: number): string {
  return dollars === 0 ? '0' : dollars >= 0.01 ? dollars.toFixed(2) : dollars.toPrecision(2);
}
