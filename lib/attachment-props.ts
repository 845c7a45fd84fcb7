import { LIMITS } from '../protocol/limits.ts';

/** Files in messages (IM-FILE). */
export interface AttachmentProps {
  /**
   * Whether users can send files. Adds a private bucket; without objects it costs nothing.
   * @default true
   * @example false
   */
  readonly attachments?: boolean | undefined;
  /**
   * The largest file, in bytes. A message's copy of it is made while its sender waits.
   * @default 26_214_400 - 25 MiB
   * @throws {InvalidOptionsError} not a whole number from 1 to 104,857,600 (100 MB)
   * @example 10 * 1024 * 1024
   */
  readonly attachmentMaxBytes?: number | undefined;
  /**
   * The media types that users may send, as they say them: nobody looks into the files.
   * @default - any
   * @throws {InvalidOptionsError} an entry that is neither a type, such as `application/pdf`, nor a family, such as `image/*`
   * @example ['image/*', 'video/*', 'application/pdf']
   */
  readonly attachmentTypes?: readonly string[] | undefined;
  /**
   * Whether a file can be sent only after GuardDuty has found no malware in it. Adds a malware protection plan, which costs for each
   * upload (docs/operations.md), and a function.
   * @default false
   * @example true
   */
  readonly attachmentScan?: boolean | undefined;
}

/** Valid `AttachmentProps`, with all defaults. */
export interface AttachmentOptions {
  readonly attachments: boolean;
  readonly attachmentMaxBytes: number;
  /** Empty: any. */
  readonly attachmentTypes: readonly string[];
  readonly attachmentScan: boolean;
}

const MAX_BYTES = 100 * 1024 * 1024;
const TYPE = /^[a-z0-9][a-z0-9!#$&^_.+-]*\/(?:\*|[a-z0-9][a-z0-9!#$&^_.+-]*)$/;

/** Fills in the defaults. */
export function attachmentOptions(props: AttachmentProps): AttachmentOptions {
  return {
    attachments: props.attachments ?? true,
    attachmentMaxBytes: props.attachmentMaxBytes ?? LIMITS.attachmentBytes,
    attachmentTypes: props.attachmentTypes ?? [],
    attachmentScan: props.attachmentScan ?? false,
  };
}

export function attachmentFaults(props: AttachmentProps): string[] {
  const { attachments, attachmentMaxBytes, attachmentTypes, attachmentScan } = attachmentOptions(props);
  const isSet = props.attachmentMaxBytes !== undefined || props.attachmentTypes !== undefined;
  const faults = isSet && !attachments ? ['attachmentMaxBytes and attachmentTypes need attachments'] : [];
  if (attachmentScan && !attachments) faults.push('attachmentScan needs attachments');
  if (!Number.isInteger(attachmentMaxBytes) || attachmentMaxBytes < 1 || attachmentMaxBytes > MAX_BYTES)
    faults.push('attachmentMaxBytes must be a whole number from 1 to 104,857,600');
  const wrong = attachmentTypes.filter((type) => !TYPE.test(type));
  if (wrong.length > 0)
    faults.push(`attachmentTypes must be media types such as application/pdf or image/*, not "${wrong[0]}"`);
  if (props.attachmentTypes?.length === 0) faults.push('attachmentTypes must not be empty');
  return faults;
}
