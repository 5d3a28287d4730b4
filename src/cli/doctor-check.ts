/** Something that can be looked at by itself. */
export interface Check {
  name: string;
  /** Gives what is fine in a few words; throws an Error with a sentence that says what to mend. */
  run: () => Promise<string>;
}

/** Checks that are made one after the other. */
export interface CheckGroup {
  checks: Check[];
  /** Lets go of what the checks opened. */
  close: () => unknown;
}
