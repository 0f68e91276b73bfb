import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandFailed, type Shell } from './shell.ts';

/** Questions go to standard error, so that standard output holds the result alone. */
export type Prompt = {
  readonly ask: (question: string) => Promise<string>;
  /** The same without showing what is typed. */
  readonly askSecret: (question: string) => Promise<string>;
};

/**
 * Runs a dialogue on the terminal. One reader serves all of it and the terminal's own echo is off from beginning to end, so
 * that a secret typed or pasted early does not show. Rejects with `CommandFailed` on Ctrl-C and Ctrl-D.
 */
export const withPrompt = async <Answers>(
  { stdin, stderr }: Shell,
  dialogue: (prompt: Prompt) => Promise<Answers>,
): Promise<Answers> => {
  let isShown = true;
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      if (isShown) stderr.write(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  const aborted = new Promise<never>((_resolve, reject) => {
    const abort = () => reject(new CommandFailed('Nothing was changed.'));
    lines.once('SIGINT', abort).once('close', abort);
  });
  const askSecret = async (question: string): Promise<string> => {
    stderr.write(question);
    isShown = false;
    try {
      return await Promise.race([lines.question(''), aborted]);
    } finally {
      isShown = true;
      stderr.write('\n');
    }
  };
  try {
    return await dialogue({ ask: (question) => Promise.race([lines.question(question), aborted]), askSecret });
  } finally {
    lines.close();
  }
};

const maxInputLength = 65_536;

/** Returns all of standard input, without the line break that `echo` and editors add at the end. */
export const readInput = async ({ stdin }: Shell): Promise<string> => {
  const input = await text(stdin);
  if (input.length > maxInputLength) throw new CommandFailed('Standard input is too long.');
  return input.replace(/\r?\n$/, '');
};
