/** Shows on stderr what is being done: one line that is rewritten on a terminal, a line each elsewhere. */
export const progress = (text: string): void => {
  const { stderr } = process;
  stderr.write(stderr.isTTY ? `\r\u001b[K${text}` : `${text}\n`);
};

/** Prints a line of the result. */
export const say = (text: string): void => {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K');
  process.stdout.write(`${text}\n`);
};
