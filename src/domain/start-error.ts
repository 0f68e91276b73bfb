/** Thrown where a start is refused. The message is for the operator: the cause, the setting to look at, and what to do. */
export class StartError extends Error {
  override readonly name = 'StartError';
}
