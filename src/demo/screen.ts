const started = Date.now();

/** Prints one event with the seconds since the start. */
export function tell(message: string): void {
  const seconds = ((Date.now() - started) / 1_000).toFixed(1);
  console.log(`${seconds.padStart(6)} s  ${message}`);
}
