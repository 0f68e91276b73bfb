import { expect, it } from 'vitest';
import { defineConfig } from '../../src/config/define-config.ts';
import { refuse } from '../../src/domain/refuse.ts';
import { openServer } from '../support/server.ts';

const closed: string[] = [];

it('what setup opens is disposed of at the stop, and a setup that throws stops the start', async () => {
  const stopping = await openServer(
    {},
    { own: defineConfig({ setup: () => ({ [Symbol.dispose]: () => closed.push('stopped') }) }) },
  );
  await stopping.stop();
  expect(closed).toContain('stopped');
  const failing = defineConfig({
    setup: (): object => {
      throw new Error('no such shop');
    },
  });
  await expect(openServer({}, { own: failing })).rejects.toThrow('setup() of the configuration failed: no such shop');
});

it('a code of the server cannot be refused with', () => {
  expect(() => refuse('FORBIDDEN', 'No.')).toThrow(TypeError);
  expect(() => refuse('out of stock', 'No.')).toThrow(TypeError);
});
