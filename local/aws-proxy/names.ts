import type { StackModel } from '../model.ts';

/** Short display names: `ChatStorageMessagesD603B373` becomes `Messages` among the tables of its stack. */
export class Names {
  readonly #short = new Map<string, string>();

  constructor({
    functions,
    tables,
    queues,
    topics,
    buckets,
  }: Pick<StackModel, 'functions' | 'tables' | 'queues' | 'topics' | 'buckets'>) {
    this.#add(
      functions.flatMap(({ logicalId, name }) => [
        [logicalId, logicalId],
        [name, logicalId],
      ]),
    );
    this.#add(tables.map(({ tableName, logicalId }) => [tableName, logicalId]));
    this.#add(queues.map(({ queueName, logicalId }) => [queueName, logicalId]));
    this.#add(topics.map(({ topicName, logicalId }) => [topicName, logicalId]));
    this.#add(buckets.map(({ bucketName, logicalId }) => [bucketName, logicalId]));
  }

  of(name: string): string {
    return this.#short.get(name) ?? name;
  }

  /** Those of the construct, and those beside it, each without the words that all of them begin with. */
  #add(named: readonly (readonly [name: string, logicalId: string])[]): void {
    const groups = Map.groupBy(named, ([, logicalId]) => wordsOf(logicalId)[0]);
    for (const group of groups.values()) this.#addGroup(group);
  }

  #addGroup(named: readonly (readonly [name: string, logicalId: string])[]): void {
    const words = named.map(([, logicalId]) => wordsOf(logicalId));
    const [first = []] = words;
    const different = first.findIndex((word, index) => words.some((other) => other[index] !== word));
    const common = named.length > 1 ? Math.max(different, 0) : 0;
    for (const [index, [name]] of named.entries()) {
      this.#short.set(name, words[index]?.slice(common).join('') ?? name);
    }
  }
}

/** `ChatStorageRoutes3D4C0778` → Chat, Storage, Routes; drops CloudFormation's hash. */
function wordsOf(logicalId: string): readonly string[] {
  return logicalId.replace(/[0-9A-F]{8}$/, '').match(/[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])/g) ?? [logicalId];
}
