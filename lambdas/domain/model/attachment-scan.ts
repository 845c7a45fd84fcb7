/** What the account's malware scanner says of an upload (docs/adr/0055-only-what-was-scanned-is-sent.md). */
export interface ScanResult {
  /** Of the object. */
  readonly key: string;
  /** Of the bytes that were scanned. */
  readonly etag: string;
  /** False for an object that has malware, and for one that the scanner can't look into. */
  readonly isClean: boolean;
  readonly scannedAtMs: number;
}

export interface AttachmentScans {
  /** The latest result for each of these objects, at most 20, by key; none for one that was not scanned yet. All reads are strong. */
  find(keys: readonly string[]): Promise<ReadonlyMap<string, ScanResult>>;
}

export interface AttachmentScanWriter {
  /** Keeps a result for a day, unless there is a later one, or one that isn't clean. Idempotent, in any order. */
  record(result: ScanResult): Promise<void>;
}
