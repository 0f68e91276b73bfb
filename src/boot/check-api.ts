import type { Policies } from '@fieldgate/guard';
import { ConfigError } from '../config/config.ts';
import type { FieldgateConfig } from '../config/define-config.ts';
import { readSchemaFiles } from '../config/schema-files.ts';
import { type ConfigShape, readShape } from '../config/shape.ts';
import { composeOwnSchema } from '../graphql/own/compose.ts';
import { createPolicies } from '../graphql/policies.ts';
import { loadTypeDefs } from '../graphql/type-defs.ts';
import type { Api } from './api.ts';

/** Checks a configuration that is passed as a value. Patterns start at the working directory. Throws one `ConfigError` that lists every problem. */
export const createApi = (config: FieldgateConfig): Api => checkApi(config, process.cwd(), (problem) => problem);

/** Checks what a configuration file exports. `place` puts file and line before a problem. */
export const checkApi = (value: unknown, folder: string, place: (problem: string) => string): Api => {
  const { shape, problems } = readShape(value);
  const files = readSchemaFiles(folder, shape.schema);
  const { own, problems: inSchema } = composeOwnSchema({
    sources: [...files.files, ...shape.typeDefs.map((text, index) => ({ file: `typeDefs[${index}]`, text }))],
    maps: shape.resolvers,
    policies: shape.policies as Policies,
    roles: shape.roles,
    ours: loadTypeDefs(shape.roles),
    ourPolicies: createPolicies(shape.roles),
  });
  const all = [...problems, ...files.problems].map(place);
  const found = [...all, ...inSchema.map((problem) => (isPlaced(problem) ? problem : place(problem)))];
  if (found.length > 0) throw new ConfigError([...new Set(found)]);
  return { file: null, own, ...callbacksOf(shape) };
};

/** Unchecked casts: what a function of the user takes is the business of its types. */
const callbacksOf = ({
  roles,
  setup,
  context,
  yoga,
}: ConfigShape): Pick<Api, 'roles' | 'setup' | 'context' | 'yoga'> => ({
  yoga,
  roles,
  setup: setup as Api['setup'],
  context: context as Api['context'],
});

/** Whether it begins with a file and a line. */
const isPlaced = (problem: string): boolean => /^\S+:\d+:/.test(problem);
