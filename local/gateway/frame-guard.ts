/** Why a frame ends its socket. */
export interface FrameViolation {
  readonly code: 1003 | 1009;
  readonly reason: string;
}

const OPCODE_BINARY = 0x2;
const OPCODE_FIRST_CONTROL = 0x8;
const FIN_BIT = 0x80;
const MASK_BIT = 0x80;

/**
 * Reads the frame headers (RFC 6455, 5.2) of what a client sends, beside the WebSocket library, which reports
 * whole messages only: API Gateway limits each *frame* to 32 KB, so a message of 33 KB passes in two frames and
 * fails in one. Payloads are skipped, not kept. Malformed headers are left to the library to refuse.
 */
export class FrameGuard {
  readonly #frameBytes: number;
  readonly #messageBytes: number;
  /** Bytes of a header that came in pieces: at most 2 + 8. */
  #header: number[] = [];
  #bytesToSkip = 0;
  #bytesOfMessage = 0;

  constructor(limits: { readonly frameBytes: number; readonly messageBytes: number }) {
    this.#frameBytes = limits.frameBytes;
    this.#messageBytes = limits.messageBytes;
  }

  /** The first violation in this chunk. After one the socket is to be closed and no more pushed. */
  push(chunk: Buffer): FrameViolation | undefined {
    let offset = 0;
    while (offset < chunk.length) {
      const skipped = Math.min(this.#bytesToSkip, chunk.length - offset);
      this.#bytesToSkip -= skipped;
      offset += skipped;
      if (offset === chunk.length) return undefined;
      this.#header.push(chunk.readUInt8(offset));
      offset += 1;
      if (this.#header.length < headerLength(this.#header)) continue;
      const violation = this.#acceptHeader(Buffer.from(this.#header));
      this.#header = [];
      if (violation !== undefined) return violation;
    }
    return undefined;
  }

  #acceptHeader(header: Buffer): FrameViolation | undefined {
    const opcode = header.readUInt8(0) & 0x0f;
    const isFinal = (header.readUInt8(0) & FIN_BIT) !== 0;
    const isMasked = (header.readUInt8(1) & MASK_BIT) !== 0;
    const payloadBytes = readPayloadLength(header);
    this.#bytesToSkip = payloadBytes + (isMasked ? 4 : 0);
    if (opcode >= OPCODE_FIRST_CONTROL) return undefined;
    if (opcode === OPCODE_BINARY) return { code: 1003, reason: 'Binary frames are not supported' };
    if (payloadBytes > this.#frameBytes) return { code: 1009, reason: 'Frame too long' };
    this.#bytesOfMessage += payloadBytes;
    if (this.#bytesOfMessage > this.#messageBytes) return { code: 1009, reason: 'Message too long' };
    if (isFinal) this.#bytesOfMessage = 0;
    return undefined;
  }
}

/** Header bytes up to the masking key, as far as the bytes at hand tell. */
function headerLength(header: readonly number[]): number {
  const shortLength = (header[1] ?? 0) & 0x7f;
  if (header.length < 2 || shortLength < 126) return 2;
  return shortLength === 126 ? 4 : 10;
}

function readPayloadLength(header: Buffer): number {
  const shortLength = header.readUInt8(1) & 0x7f;
  if (shortLength === 126) return header.readUInt16BE(2);
  if (shortLength === 127) return Number(header.readBigUInt64BE(2));
  return shortLength;
}
