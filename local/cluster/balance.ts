/** A node that takes requests. */
export interface Target {
  readonly node: number;
  readonly port: number;
  /** Counts a socket that the front is about to open there. Call the result when it has closed. */
  take(): () => void;
}

interface Load {
  readonly target: Target;
  /** Open sockets, as the node says; some may have come past the front. */
  reported: number;
  /** Sockets that lead there through the front, opening ones included. */
  taken: number;
  lastChosen: number;
}

/** Knows which nodes live, and which of them has the fewest sockets. */
export class Balance {
  readonly #loads = new Map<number, Load>();
  #chosen = 0;

  add(node: number, port: number): void {
    const load: Load = { target: { node, port, take: () => take() }, reported: 0, taken: 0, lastChosen: 0 };
    const take = () => {
      load.taken += 1;
      return () => {
        load.taken -= 1;
      };
    };
    this.#loads.set(node, load);
  }

  /** The node is dead. */
  remove(node: number): void {
    this.#loads.delete(node);
  }

  report(node: number, sockets: number): void {
    const load = this.#loads.get(node);
    if (load !== undefined) load.reported = sockets;
  }

  /** The nodes in the order in which they should be tried. Equals take turns. */
  byLoad(): readonly Target[] {
    const loads = [...this.#loads.values()].sort(
      (one, other) => socketsOf(one) - socketsOf(other) || one.lastChosen - other.lastChosen,
    );
    const [first] = loads;
    this.#chosen += 1;
    if (first !== undefined) first.lastChosen = this.#chosen;
    return loads.map(({ target }) => target);
  }
}

/** A report comes late, so that a burst of upgrades would all go to one node. */
function socketsOf({ reported, taken }: Load): number {
  return Math.max(reported, taken);
}
