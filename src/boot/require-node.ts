import { nodeProblem } from './node-version.ts';

// For who imports the package: a sentence, not a stack of what the rest of it misses.
const problem = nodeProblem();
if (problem !== null) {
  const error = new Error(problem);
  error.stack = problem;
  throw error;
}
