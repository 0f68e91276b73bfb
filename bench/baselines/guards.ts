/** What the guard adds to an operation in an embedder's Yoga, without sockets: measures the servers of CASES in one process. */
import type { GuardCase } from '../baseline.ts';
import { operations } from '../data.ts';
import { loadOwnYoga } from '../own-yoga.ts';
import { peerToken } from '../peers.ts';
import { type Contestant, measureInTurns } from './turns.ts';

const headers = { 'content-type': 'application/json', authorization: `Bearer ${peerToken}` };

const contestantOf = async ({ name, root, operation, use }: GuardCase): Promise<Contestant> => {
  const yoga = (await loadOwnYoga(root))(use);
  const request = { method: 'POST', headers, body: JSON.stringify({ query: operations[operation].query }) };
  const expected = JSON.stringify(operations[operation].expected());
  const ask = async (): Promise<void> => {
    const answer = await (await yoga.fetch('http://localhost/graphql', request)).text();
    if (answer !== expected) throw new Error(`Not the answer to ${operation}: ${answer.slice(0, 200)}`);
  };
  return { name, ask };
};

const cases: readonly GuardCase[] = JSON.parse(process.env['CASES'] ?? '[]');
const contestants: Contestant[] = [];
for (const each of cases) contestants.push(await contestantOf(each));
process.stdout.write(JSON.stringify(await measureInTurns(contestants, Number(process.env['SECONDS']))));
