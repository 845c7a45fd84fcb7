/** SHA-256, or HMAC-SHA-256 with a secret, by Web Crypto: the form in which the AWS SDK's signer takes a hash. */
export class Sha256 {
  readonly #secret: Uint8Array<ArrayBuffer> | undefined;
  #data: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(secret?: Data) {
    this.#secret = secret === undefined ? undefined : bytesOf(secret);
  }

  update(data: Data): void {
    const more = bytesOf(data);
    const all = new Uint8Array(this.#data.length + more.length);
    all.set(this.#data);
    all.set(more, this.#data.length);
    this.#data = all;
  }

  async digest(): Promise<Uint8Array> {
    const { subtle } = crypto;
    if (this.#secret === undefined) return new Uint8Array(await subtle.digest('SHA-256', this.#data));
    const hmac = { name: 'HMAC', hash: 'SHA-256' };
    const key = await subtle.importKey('raw', this.#secret, hmac, false, ['sign']);
    return new Uint8Array(await subtle.sign('HMAC', key, this.#data));
  }

  reset(): void {
    this.#data = new Uint8Array();
  }
}

type Data = string | ArrayBuffer | ArrayBufferView;

function bytesOf(data: Data): Uint8Array<ArrayBuffer> {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  // A copy: the view may be of memory that is shared.
  return Uint8Array.from(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
}
