/** A set-up step that cannot be done; the message is one sentence that says what to do. */
export class SetupError extends Error {}

/** Tells what is going on. On standard error: standard output belongs to the command that set-up is run for. */
export function say(text) {
  process.stderr.write(`set-up: ${text}\n`);
}
