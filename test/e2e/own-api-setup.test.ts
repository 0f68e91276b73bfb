import { expect, it } from 'vitest';
import { createFieldgate, type FieldgateOptions } from '../../src/boot/fieldgate.ts';
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

it('createFieldgate says what is missing, where it gets the variables alone, and lists what is wrong with the rest', async () => {
  const old: unknown = { PATH: '/bin' };
  await expect(createFieldgate(old as FieldgateOptions)).rejects.toThrow(
    'Pass the variables as createFieldgate({ env, ...config }).',
  );
  const wrong = { env: { PORT: 'x' }, typeDefs: 'extend type Query { a: Int }', setup: 7 as never };
  await expect(createFieldgate(wrong)).rejects.toThrow(
    /PORT[\s\S]*setup: must be a function[\s\S]*typeDefs\[0\]:1:21: Query.a: is a root field/,
  );
});

it('a code of the server cannot be refused with', () => {
  expect(() => refuse('FORBIDDEN', 'No.')).toThrow(TypeError);
  expect(() => refuse('out of stock', 'No.')).toThrow(TypeError);
});
