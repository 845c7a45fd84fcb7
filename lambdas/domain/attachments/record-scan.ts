import { PENDING_PREFIX } from '../../shared/attachment-keys.ts';
import { logger } from '../../shared/logger.ts';
import type { AttachmentScanWriter } from '../model/attachment-scan.ts';

/** What GuardDuty says of one object. */
export interface ScanEvent {
  readonly time: string;
  readonly detail: {
    readonly s3ObjectDetails: { readonly objectKey: string; readonly eTag: string };
    readonly scanResultDetails: { readonly scanResultStatus: string };
  };
}

export interface RecordScanPorts {
  readonly attachmentScanWriter: AttachmentScanWriter;
}

/**
 * Keeps the result of a scan. Only "no threats found" is clean: nobody vouches for an archive with a password, or for an object
 * whose scan has failed. The sender uploads it again, or sends something else.
 */
export async function recordScan(ports: RecordScanPorts, { time, detail }: ScanEvent): Promise<void> {
  const { objectKey: key, eTag: etag } = detail.s3ObjectDetails;
  const status = detail.scanResultDetails.scanResultStatus;
  if (!key.startsWith(PENDING_PREFIX)) return;
  // Keys have no names of users or files.
  if (status === 'THREATS_FOUND' || status === 'UNSUPPORTED') logger.warn('file refused', { key, status });
  else if (status !== 'NO_THREATS_FOUND') logger.error('scan failed', { key, status });
  await ports.attachmentScanWriter.record({
    key,
    etag,
    isClean: status === 'NO_THREATS_FOUND',
    scannedAtMs: Date.parse(time),
  });
}
