import type { Report, ReportWriter } from '../../../lambdas/domain/model/report.ts';

export interface InMemoryReports extends ReportWriter {
  readonly kept: Report[];
}

export function inMemoryReports(): InMemoryReports {
  const kept: Report[] = [];
  return {
    kept,
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
