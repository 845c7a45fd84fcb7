import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { scanEvent } from '../../../local/functions/malware-scanner.ts';
import type { World } from './world.ts';

const LOOKS = 40;
const LOOK_MS = 100;
const MOST_TRIES = 10;

interface Scanned {
  readonly attachmentId: string;
  readonly key: string;
  readonly bytes: string;
}

/** The results of the stand-in for GuardDuty, once more, and those that got lost. */
export class Scanner {
  readonly #world: World;
  readonly #files: Scanned[] = [];

  constructor(world: World) {
    this.#world = world;
  }

  /** Uploads a file whose only result gets lost, as far as the faults of the run let it. */
  async loseResult(file: Scanned, upload: () => Promise<boolean>): Promise<boolean> {
    const { infrastructure, recorder } = this.#world;
    const begun = recorder.now;
    const fired = this.#fired;
    const loss = infrastructure.proxy.inject({
      ...{ function: 'ScanResults', operation: 'UpdateItem', fault: 'kill', times: 1 },
      where: (_, input) => JSON.stringify(input).includes(file.key),
    });
    const isThere = await upload();
    for (let looks = 0; isThere && loss.fired === 0 && looks < LOOKS; looks += 1) await delay(LOOK_MS);
    // With another fault, an earlier try may have written it, and seemed to fail.
    const outcome = this.#fired === fired ? 'lost' : 'unknown';
    if (loss.fired > 0) recorder.add({ type: 'scan', attachmentId: file.attachmentId, begun, outcome });
    loss.remove();
    if (isThere) this.#files.push(file);
    return isThere;
  }

  /** How often a fault of the run has struck. */
  get #fired(): number {
    return this.#world.faults.reduce((sum, { active }) => sum + active.fired, 0);
  }

  /** Tells the result of an uploaded file, which the stand-in has told, too. */
  async tell(file: Scanned): Promise<boolean> {
    if (!this.#files.includes(file)) this.#files.push(file);
    const { infrastructure, recorder } = this.#world;
    const { attachmentId } = file;
    const begun = recorder.now;
    const isKept = await this.#invoke(file, infrastructure.runtime);
    recorder.add({ type: 'scan', attachmentId, begun, outcome: isKept ? 'kept' : 'unknown' });
    return isKept;
  }

  /** Once more, or for the first time. @param place of the file, from the last upload back */
  async tellAgain(place: number): Promise<void> {
    const file = this.#files.at(-1 - (place % Math.max(1, this.#files.length)));
    if (file !== undefined) await this.tell(file);
  }

  /** The faults have ended, and Lambda has tried again what failed. */
  async settle(): Promise<void> {
    for (const file of [...this.#files])
      for (let tries = 0; !(await this.tell(file)); tries += 1)
        if (tries === MOST_TRIES) throw new Error('A scan has no result although the faults have ended.');
  }

  async #invoke({ key, bytes }: Scanned, { stack, endpoints, outputs }: World['infrastructure']['runtime']) {
    const body = Buffer.from(bytes);
    const bucket = outputs['AttachmentsBucketName'] ?? '';
    const etag = createHash('md5').update(body).digest('hex');
    const lambda = new LambdaClient({
      endpoint: endpoints.lambda,
      region: 'us-east-1',
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    });
    const FunctionName = stack.functions.find(({ logicalId }) => logicalId.includes('ScanResults'))?.name;
    const Payload = JSON.stringify(scanEvent({ bucket, key, etag, body }, new Date()));
    const answer = await lambda.send(new InvokeCommand({ FunctionName, Payload })).catch(() => undefined);
    lambda.destroy();
    return answer !== undefined && answer.FunctionError === undefined;
  }
}
