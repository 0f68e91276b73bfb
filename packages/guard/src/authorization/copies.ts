import { GraphQLSchema, version as graphqlVersion } from 'graphql';

/** Of this package, as package.json says. */
export const guardVersion = '0.1.0';

/**
 * Throws TypeError for a schema that another copy of graphql made: each copy has classes of its own, so nothing of graphql works on
 * it. Names the versions and places of both.
 */
export const requireOurGraphQL = (schema: unknown): void => {
  if (schema instanceof GraphQLSchema) return;
  if (typeof schema !== 'object' || schema === null || schema.constructor?.name !== 'GraphQLSchema') {
    throw new TypeError('guardSchema: the first argument must be a GraphQLSchema.');
  }
  const theirs = fileOf(schema.constructor);
  const ours = fileOf(GraphQLSchema);
  const isDual = folderOf(theirs) === folderOf(ours);
  throw new TypeError(
    `There are two copies of graphql. The schema was made with graphql ${versionIn(theirs)} at ${isDual ? theirs : folderOf(theirs)}, and @fieldgate/guard uses graphql ${graphqlVersion} at ${isDual ? ours : folderOf(ours)}. ${
      isDual
        ? 'One was imported and the other required: load both in the same way.'
        : 'Install one version for all: `npm ls graphql` shows who brings which.'
    }`,
  );
};

/** Returns the version and the place of this copy of the package, to be kept on the schemas that it guards. */
export const thisCopy = (): string => `${guardVersion} at ${folderOf(topFile(new Error('where')))}`;

/** A class says where it is by the stack of an error in its constructor. */
const fileOf = (made: unknown): string => {
  try {
    Reflect.construct(Object(made), [null]);
  } catch (error) {
    return topFile(error, 'new GraphQLSchema');
  }
  return unknownPlace;
};

const unknownPlace = 'an unknown place';

const topFile = (error: unknown, name = ''): string => {
  const lines = error instanceof Error ? (error.stack ?? '').split('\n') : [];
  const frame = lines.find((line) => line.trim().startsWith('at ') && line.includes(name));
  return /((?:file:\/\/)?[^\s()]*?):\d+:\d+\)?$/.exec(frame ?? '')?.[1]?.replace(/^file:\/\//, '') ?? unknownPlace;
};

/** The folder of the package that a file belongs to. */
const folderOf = (file: string): string =>
  /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(file)?.[0] ?? file.replace(/[\\/][^\\/]*$/, '');

type Files = { readonly readFileSync: (path: string, encoding: 'utf8') => string };
type Runtime = { readonly process?: { readonly getBuiltinModule?: (name: string) => Files } };

/** Read from its package.json, where the runtime has files. */
const versionIn = (file: string): string => {
  try {
    const files = (globalThis as Runtime).process?.getBuiltinModule?.('node:fs');
    const manifest: unknown = JSON.parse(files?.readFileSync(`${folderOf(file)}/package.json`, 'utf8') ?? '{}');
    const found: unknown = Reflect.get(Object(manifest), 'version');
    return typeof found === 'string' ? found : 'of an unknown version';
  } catch {
    return 'of an unknown version';
  }
};
