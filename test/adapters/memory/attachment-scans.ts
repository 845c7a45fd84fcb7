import type {
  AttachmentScans,
  AttachmentScanWriter,
  ScanResult,
} from '../../../lambdas/domain/model/attachment-scan.ts';

export function inMemoryScans(): AttachmentScans & AttachmentScanWriter {
  const results = new Map<string, ScanResult>();
  return {
    async find(keys) {
      const found = keys.flatMap((key) => results.get(key) ?? []);
      return new Map(found.map((result) => [result.key, result]));
    },
    async record(result) {
      const former = results.get(result.key);
      const isLater = former === undefined || former.scannedAtMs <= result.scannedAtMs;
      const replaces = result.isClean
        ? former?.isClean !== false && isLater
        : former?.isClean !== false || isLater;
      if (replaces) results.set(result.key, result);
    },
  };
}
