import type { OwnReports } from '../../../lambdas/domain/model/own-reports.ts';
import type { Report, ReportWriter } from '../../../lambdas/domain/model/report.ts';

export interface InMemoryReports extends ReportWriter, OwnReports {
  readonly kept: Report[];
}

export function inMemoryReports(): InMemoryReports {
  const kept: Report[] = [];
  return {
    kept,
    async madeBy(userId, after = '', limit) {
      const keyOf = ({ message: { conversationId, seq } }: Report) => `${conversationId}#${seq}`;
      const own = kept
        .filter((report) => report.reporter === userId && keyOf(report) > after)
        .sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
      const page = own.slice(0, limit);
      const last = page.at(-1);
      const reports = page.map(({ message: { conversationId, seq }, reason, atMs }) => ({
        conversationId,
        seq,
        reason,
        at: atMs,
      }));
      return { reports, next: own.length > limit && last !== undefined ? keyOf(last) : undefined };
    },
    async keep(report) {
      const { reporter, message } = report;
      const known = kept.find(
        (one) =>
          one.reporter === reporter &&
          one.message.conversationId === message.conversationId &&
          one.message.seq === message.seq,
      );
      if (known === undefined) kept.push(report);
      return new Date((known ?? report).atMs).toISOString().slice(0, 10);
    },
  };
}
