import type { Socket } from '../stack/socket.ts';
import { inParallel, type Scenario } from './scenario.ts';

/** Concurrent handshakes: as many as a machine can handle that also runs the gateway, the functions, and two emulators. */
const AT_ONCE = 50;

/** All clients lose their sockets, and all reconnect. */
export const reconnectStorm: Scenario = {
  name: 'reconnect-storm',
  isChecked: false,
  async run({ stack, measure, scale, user }) {
    const count = scale === 'full' ? 1_000 : 100;
    const users = Array.from({ length: count }, user);
    const connectAll = async () => {
      const sockets: Socket[] = [];
      await inParallel(count, AT_ONCE, async (n) => {
        sockets.push(await stack.join(users[n] ?? ''));
      });
      return sockets;
    };
    const sockets = await connectAll();
    const cutAll = async () => {
      const gone = stack.ends({ route: '$disconnect' }, count);
      for (const socket of sockets) socket.cut();
      await gone;
    };
    await measure('everybody is cut off, each', cutAll, count);
    const again = await measure('everybody reconnects, each', connectAll, count);
    await stack.leave(...again);
  },
};
