import * as z from 'zod/mini';
import * as of from '../composition.ts';
import { recordScan } from '../domain/attachments/record-scan.ts';
import { lazily } from '../shared/lazily.ts';
import { parseWith } from '../shared/parse.ts';

const ports = lazily({ attachmentScanWriter: of.attachmentScanWriter });

/** docs.aws.amazon.com/guardduty/latest/ug/monitor-with-eventbridge-s3-malware-protection.html */
const schema = () =>
  z.object({
    time: z.string(),
    detail: z.object({
      s3ObjectDetails: z.object({ objectKey: z.string(), eTag: z.string() }),
      scanResultDetails: z.object({ scanResultStatus: z.string() }),
    }),
  });

/** Gets the results of GuardDuty's malware scans, by a rule of EventBridge, which tries again if this fails. */
export const handler = (event: unknown): Promise<void> => recordScan(ports, parseWith(schema, event));
