import { inject } from 'vitest';
import { type ClusterNode, type LocalCluster, startCluster } from '../../../local/cluster/cluster.ts';
import { type Clients, clientsOf, type Reachable, TEST_ENVIRONMENT } from './stack.ts';

export interface TestCluster extends LocalCluster, Clients {
  /** The chat as clients see it that go to this node, not to the address in front of all. */
  on(node: number): Reachable;
  /** Kills the node's process with `kill -9`; settles when it has been noticed. Returns its place among the living. */
  kill(node: number): Promise<ClusterNode>;
  /** Settles when a node serves that has another process than this one had. */
  comesBack(dead: ClusterNode): Promise<ClusterNode>;
}

/** Two nodes of the stack that `startStack` runs. */
export async function startTestCluster(environment: Readonly<Record<string, string>>): Promise<TestCluster> {
  const notices = new Set<() => void>();
  const cluster = await startCluster({
    nodes: 2,
    cdkOut: inject('cdkOut'),
    timeoutFactor: 5,
    environment: { ...TEST_ENVIRONMENT, ...environment },
    onNotice: () => {
      for (const look of notices) look();
    },
  });
  /** Looks now, and whenever a node has died or is back. */
  const until = <Found>(find: () => Found | undefined) =>
    new Promise<Found>((resolve) => {
      const look = () => {
        const found = find();
        if (found === undefined) return;
        notices.delete(look);
        resolve(found);
      };
      notices.add(look);
      look();
    });
  const find = (node: number) => cluster.nodes().find((one) => one.node === node);
  const living = (node: number): ClusterNode => {
    const found = find(node);
    if (found === undefined) throw new Error(`Node ${node} is dead.`);
    return found;
  };
  return {
    ...cluster,
    ...clientsOf(cluster),
    on(node) {
      const { wsUrl, httpUrl } = living(node);
      const { token } = cluster;
      return { wsUrl, httpUrl, token, ...clientsOf({ wsUrl, httpUrl, token }) };
    },
    async kill(node) {
      const victim = living(node);
      process.kill(victim.pid, 'SIGKILL');
      await until(() => (find(node)?.pid === victim.pid ? undefined : true));
      return victim;
    },
    comesBack: ({ node, pid }) =>
      until(() => {
        const found = find(node);
        return found?.pid === pid ? undefined : found;
      }),
  };
}
