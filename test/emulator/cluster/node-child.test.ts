import { expect, it, onTestFinished } from 'vitest';
import { NodeChild } from '../../../local/cluster/node-child.ts';

it('a node that dies after it listened, and before it serves, fails the start instead of hanging it', async () => {
  const death = Promise.withResolvers<string>();
  const child = new NodeChild({ onSockets: () => {}, onWarning: () => {}, onDeath: death.resolve });
  onTestFinished(() => child.stop());
  await child.listen(0, undefined);
  process.kill(child.pid, 'SIGKILL');
  expect(await death.promise).toBe('SIGKILL');
  await expect(child.serve({} as never)).rejects.toThrow('its process ended (SIGKILL)');
});
