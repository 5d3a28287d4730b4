/**
 * Loaded before any workflow begins, and by nothing else: the SDK (1.24.0) writes down a stack for each promise that a
 * workflow makes, which at Node's own ten lines takes a quarter of all work on workflow tasks. It shortens the UI's stack
 * traces and nothing else.
 */
Error.stackTraceLimit = 4;
