import { erasedMessage } from '../../../lambdas/domain/model/erasure.ts';
import { toMessage } from '../../../lambdas/domain/model/message.ts';
import type { OwnReports } from '../../../lambdas/domain/model/own-reports.ts';
import type { ReportErasure } from '../../../lambdas/domain/model/person-erasure.ts';
import type { Report, ReportWriter } from '../../../lambdas/domain/model/report.ts';

export interface InMemoryReports extends ReportWriter, OwnReports, ReportErasure {
  readonly kept: Report[];
}

export function inMemoryReports(): InMemoryReports {
  const kept: Report[] = [];
  return {
    kept,
    async forgetMadeBy(userId, limit) {
      const own = kept.filter(({ reporter }) => reporter === userId).slice(0, limit);
      for (const report of own) kept.splice(kept.indexOf(report), 1);
      return own.length;
    },
    async eraseAbout(userId, day, after, limit) {
      const ofDay = kept.filter(({ atMs }) => new Date(atMs).toISOString().startsWith(day));
      const from = Number(after ?? 0);
      let erased = 0;
      for (const report of ofDay.slice(from, from + limit)) {
        const { message } = report;
        const contentJson = JSON.stringify(erasedMessage(toMessage(message)).content);
        if (message.from !== userId || contentJson === message.contentJson) continue;
        kept[kept.indexOf(report)] = { ...report, message: { ...message, contentJson } };
        erased += 1;
      }
      return { erased, next: from + limit < ofDay.length ? String(from + limit) : undefined };
    },
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
