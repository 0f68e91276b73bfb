import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { readInput, withPrompt } from '../../../src/cli/prompt.ts';
import { CommandFailed } from '../../../src/cli/shell.ts';

const terminal = () => {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  let shown = '';
  const stderr = { write: (text: string) => (shown += text) };
  const shell = { environment: () => ({}), clock: () => 0, folder: '.', stdin, stdout: { write: () => {} }, stderr };
  return { shell, type: (text: string) => stdin.write(text), shown: () => shown };
};

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('a dialogue on the terminal', () => {
  it('shows what is typed, but for secrets', async () => {
    const { shell, type, shown } = terminal();
    const answers = withPrompt(shell, async ({ ask, askSecret }) => [
      await ask('Email: '),
      await askSecret('Password: '),
    ]);
    type('ada@example.com\r');
    await turn();
    await turn();
    type('hush hust\u007fh hush\r');
    expect(await answers).toEqual(['ada@example.com', 'hush hush hush']);
    expect(shown()).toContain('ada@example.com');
    expect(shown()).toContain('Password: ');
    expect(shown()).not.toMatch(/hus|\*/);
  });

  it.each([
    ['Ctrl-C', '\u0003'],
    ['Ctrl-D', '\u0004'],
  ])('ends with %s, and nothing is answered', async (_name, key) => {
    const { shell, type } = terminal();
    const answer = withPrompt(shell, ({ askSecret }) => askSecret('Password: '));
    type(key);
    await expect(answer).rejects.toThrow(CommandFailed);
  });
});

describe('piped input', () => {
  it.each([
    ['secret\n', 'secret'],
    ['secret\r\n', 'secret'],
    [' secret \n\n', ' secret \n'],
    ['', ''],
  ])('%j is %j: one line end less, and nothing else', async (piped, read) => {
    const { shell } = terminal();
    shell.stdin.end(piped);
    expect(await readInput(shell)).toBe(read);
  });
});
