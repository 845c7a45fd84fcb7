/** The reason for closing a socket after a frame. */
export interface FrameViolation {
  readonly code: 1003 | 1009;
  readonly reason: string;
}

const OPCODE_BINARY = 0x2;
const OPCODE_FIRST_CONTROL = 0x8;
const FIN_BIT = 0x80;
const MASK_BIT = 0x80;

/**
 * Checks the size of each frame from its header (RFC 6455, 5.2). The WebSocket library reports only whole messages, but
 * API Gateway limits each *frame* to 32 KB: a message of 33 KB passes in two frames and fails in one. Payloads are
 * skipped. Malformed headers are left to the library.
 */
export class FrameGuard {
  readonly #frameBytes: number;
  readonly #messageBytes: number;
  /** Header bytes received so far: at most 2 + 8. */
  #header: number[] = [];
  #bytesToSkip = 0;
  #bytesOfMessage = 0;

  constructor(limits: { readonly frameBytes: number; readonly messageBytes: number }) {
    this.#frameBytes = limits.frameBytes;
    this.#messageBytes = limits.messageBytes;
  }

  /** The first violation in this chunk. The caller must then close the socket and push nothing more. */
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

/** Length of the header before the masking key, as far as known from these bytes. */
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
