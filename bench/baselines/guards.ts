/**
 * What the guard adds to an operation in somebody else's Yoga, without sockets and in one process: servers with and without it
 * are asked in turn, a fifth of a second each, so that what else the machine does meets all of them. Two processes differ by
 * more than the guard costs. Prints CPU µs per request of each, and by how much each differs from the one without.
 */
import { operations } from '../data.ts';
import { median } from '../measure.ts';
import { createOwnYoga, type Guard } from '../own-yoga.ts';
import { peerToken } from '../peers.ts';

const sliceMs = 200;
const headers = { 'content-type': 'application/json', authorization: `Bearer ${peerToken}` };

const measure = async (operation: 'list' | 'public', guards: readonly Guard[]) => {
  const servers = guards.map((guard) => ({ guard, yoga: createOwnYoga(guard), costs: [] as number[] }));
  const request = { method: 'POST', headers, body: JSON.stringify({ query: operations[operation].query }) };
  const expected = JSON.stringify(operations[operation].expected());
  const cost = async ({ yoga }: { readonly yoga: ReturnType<typeof createOwnYoga> }): Promise<number> => {
    const [until, before] = [performance.now() + sliceMs, process.cpuUsage()];
    let requests = 0;
    for (; performance.now() < until; requests += 1) {
      const answer = await (await yoga.fetch('http://localhost/graphql', request)).text();
      if (answer !== expected) throw new Error(`Not the answer to ${operation}: ${answer.slice(0, 200)}`);
    }
    const { user, system } = process.cpuUsage(before);
    return (user + system) / requests;
  };
  const turn = async () => {
    for (const server of servers) server.costs.push(await cost(server));
    servers.push(...servers.splice(0, 1));
  };

  for (let warmUp = 0; warmUp < 5; warmUp += 1) await turn();
  for (const server of servers) server.costs = [];
  const turns = Math.ceil((Number(process.env['SECONDS']) * 1000) / (sliceMs * servers.length));
  for (let count = 0; count < turns; count += 1) await turn();
  const without = servers.find(({ guard }) => guard === 'off')?.costs ?? [];
  return guards.map((guard) => {
    const costs = servers.find((server) => server.guard === guard)?.costs ?? [];
    const ratios = costs.map((micros, index) => micros / (without[index] ?? Number.NaN));
    return { operation, guard, cpuMicros: median(costs), ratio: median(ratios) };
  });
};

process.stdout.write(
  JSON.stringify([...(await measure('list', ['off', 'on'])), ...(await measure('public', ['off', 'schema', 'on']))]),
);
