import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serverActor } from '../../src/domain/event.ts';
import { mutations } from '../support/cut-mutations.ts';
import { openCutServices, outcomeOf } from '../support/cut-services.ts';
import { type Cut, createCutter, openCutPorts } from '../support/cut-stores.ts';
import type { TestDatabase } from '../support/databases.ts';

const lifetimes = { idleMs: 3_600_000, absoluteMs: 7_200_000, reuseWindowMs: 10_000 };

type Backends = {
  readonly database: TestDatabase;
  readonly redisUrl: string | null;
  readonly drop: () => Promise<void>;
};

/** Cuts every mutation off at each of its writes, in each way, and expects that nothing is left half done. */
export const describeCuts = (name: string, open: () => Promise<Backends>, missing: string | null = null): void => {
  describe.skipIf(missing !== null)(`cut off from ${name}${missing === null ? '' : ` (${missing})`}`, () => {
    let backends: Backends;
    const cutter = createCutter();
    const opened: (() => void)[] = [];

    const start = async (by = createCutter()) => {
      const { database, redisUrl } = backends;
      const ports = await openCutPorts({
        database: database.connect(),
        redisUrl,
        cutter: by,
        lifetimes,
        clock: Date.now,
      });
      opened.push(ports.close);
      return openCutServices(ports.ports, Date.now);
    };
    const started = async () => ({ cut: await start(cutter), other: await start() });
    let processes: Awaited<ReturnType<typeof started>>;

    beforeAll(async () => {
      backends = await open();
      await backends.database.connect().migrate();
      processes = await started();
      // The last administrator is not among those that are changed.
      await processes.other.accounts.createAccount(
        { email: 'root@example.com', password: 'a long password', role: 'ADMIN' },
        serverActor,
      );
    });
    afterAll(async () => {
      for (const close of opened) close();
      await backends.drop();
    });

    const kinds: readonly Omit<Cut, 'at'>[] = [
      { when: 'before', once: false },
      { when: 'after', once: false },
      { when: 'before', once: true },
      { when: 'after', once: true },
    ];

    test.each(mutations)('$name is done as a whole or not at all, wherever it is cut', async (mutation) => {
      const { cut, other } = processes;
      for (const kind of kinds) {
        for (let at = 1, isCut = true; isCut; at += 1) {
          const state = await mutation.prepare(other);
          cutter.arm({ ...kind, at });
          const outcome = await outcomeOf(mutation.mutate(cut, state));
          isCut = cutter.disarm();
          const where = `cut ${kind.when} write ${at}${kind.once ? ', once' : ''}: ${outcome}`;
          await other.ports.sessions.catchUp?.(1_000);
          await mutation.verify(other, state, outcome).catch((error: unknown) => {
            throw new Error(`${where}: ${error instanceof Error ? error.message : error}`, { cause: error });
          });
          expect(at, 'a mutation has few writes').toBeLessThan(30);
        }
      }
    });
  });
};
