/** A command of the command line; its module is loaded when it is called. */
export interface Command {
  /** What `--help` prints; `args` are the others. */
  readonly help: (args: readonly string[]) => string;
  /**
   * Sets `process.exitCode` if the command found what it looks for to be wrong.
   * @throws {UsageError} it is called wrongly
   * @throws {OperatorError} it can't do what it should
   */
  readonly run: (args: readonly string[]) => Promise<void>;
}

/** A command with commands of its own, like `admin ban`. */
export interface CommandGroup {
  readonly help: () => string;
  readonly commands: Readonly<Record<string, Command>>;
}

/** A line of the help. */
export interface CommandEntry {
  readonly summary: string;
  readonly load: () => Promise<Command | CommandGroup>;
}
