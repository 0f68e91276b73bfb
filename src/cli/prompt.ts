import { createInterface } from 'node:readline/promises';
import { Writable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { CommandFailed, type Shell } from './shell.ts';

/** Questions to whoever sits at the terminal. They go to standard error: the answer of the command stays alone. */
export type Questions = {
  readonly ask: (question: string) => Promise<string>;
  /** The same without showing what is typed. */
  readonly askSecretly: (question: string) => Promise<string>;
};

/**
 * Holds a dialogue on the terminal. One reader for all of it: from its beginning to its end the terminal itself echoes
 * nothing, so that a secret typed or pasted early does not show. Ctrl-C and Ctrl-D end it, as a failure.
 */
export const onTerminal = async <Answers>(
  { stdin, stderr }: Shell,
  dialogue: (questions: Questions) => Promise<Answers>,
): Promise<Answers> => {
  let isShown = true;
  const output = new Writable({
    write: (chunk, _encoding, done) => {
      if (isShown) stderr.write(String(chunk));
      done();
    },
  });
  const lines = createInterface({ input: stdin, output, terminal: true, historySize: 0 });
  const leaving = new Promise<never>((_resolve, reject) => {
    const leave = () => reject(new CommandFailed('Nothing was changed.'));
    lines.once('SIGINT', leave).once('close', leave);
  });
  const askSecretly = async (question: string): Promise<string> => {
    stderr.write(question);
    isShown = false;
    try {
      return await Promise.race([lines.question(''), leaving]);
    } finally {
      isShown = true;
      stderr.write('\n');
    }
  };
  try {
    return await dialogue({ ask: (question) => Promise.race([lines.question(question), leaving]), askSecretly });
  } finally {
    lines.close();
  }
};

const longestPiped = 65_536;

/** All of standard input, without the line end that `echo` and editors put behind it. */
export const readPiped = async ({ stdin }: Shell): Promise<string> => {
  const piped = await text(stdin);
  if (piped.length > longestPiped) throw new CommandFailed('Standard input holds more than was asked for.');
  return piped.replace(/\r?\n$/, '');
};
