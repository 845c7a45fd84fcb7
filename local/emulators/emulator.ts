/** A service of AWS that answers at `endpoint` until `stop`. */
export interface Emulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface EmulatorEvents {
  /** Told in one line if the emulator ends by itself. */
  readonly onExit?: (message: string) => void;
}
