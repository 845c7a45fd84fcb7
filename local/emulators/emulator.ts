/** An AWS service that answers at `endpoint` until `stop`. */
export interface Emulator {
  readonly endpoint: string;
  stop(): Promise<void>;
}

export interface EmulatorEvents {
  /** Called with one line if the emulator exits unexpectedly. */
  readonly onExit?: (message: string) => void;
}
