import { didYouMean } from '../domain/did-you-mean.ts';
import { createRoles, type Roles, standardRoles } from '../domain/role.ts';
import { configKeys } from './define-config.ts';

/** What a configuration holds, as far as it has the right form. Everything else is in the problems. */
export type ConfigShape = {
  readonly schema: readonly string[];
  readonly typeDefs: readonly string[];
  readonly resolvers: readonly NamedResolvers[];
  readonly roles: Roles;
  readonly policies: Readonly<Record<string, (...args: never) => unknown>>;
  readonly setup: ((deps: never) => unknown) | null;
  readonly context: ((context: never) => unknown) | null;
  readonly yoga: readonly object[];
};

/** `name`: the words that problems name it by. */
export type NamedResolvers = { readonly name: string; readonly map: Readonly<Record<string, unknown>> };

type Fields = Readonly<Record<string, unknown>>;

/** Reads the value that a configuration file exports. */
export const readShape = (value: unknown): { readonly shape: ConfigShape; readonly problems: readonly string[] } => {
  const problems: string[] = [];
  const tell = (problem: string): void => void problems.push(problem);
  const config = isObject(value) ? value : {};
  if (!isObject(value)) tell(`default export: must be an object. Write export default defineConfig({ … }).`);
  for (const key of Object.keys(config)) {
    if (!configKeys.some((known) => known === key)) tell(`unknown key "${key}".${didYouMean(key, configKeys)}`);
  }
  const shape = {
    schema: readTexts(config, 'schema', tell),
    typeDefs: readTexts(config, 'typeDefs', tell),
    resolvers: readResolvers(config['resolvers'], tell),
    roles: readRoles(config, tell),
    policies: readPolicies(config['policies'], tell),
    setup: readFunction(config, 'setup', tell),
    context: readFunction(config, 'context', tell),
    yoga: readPlugins(config['yoga'], tell),
  };
  return { shape, problems };
};

type Tell = (problem: string) => void;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const readTexts = (config: Fields, key: string, tell: Tell): readonly string[] => {
  const value = config[key];
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  const texts = list.filter((item) => typeof item === 'string');
  if (texts.length < list.length) tell(`${key}: must be a text or a list of texts.`);
  return texts;
};

const readFunction = (config: Fields, key: string, tell: Tell): ((argument: never) => unknown) | null => {
  const value = config[key];
  if (value === undefined) return null;
  if (typeof value === 'function') return value as (argument: never) => unknown;
  tell(`${key}: must be a function.`);
  return null;
};

const readPlugins = (value: unknown, tell: Tell): readonly object[] => {
  if (value === undefined) return [];
  if (Array.isArray(value) && value.every(isObject)) return value;
  tell('yoga: must be a list of plug-ins, as createYoga takes them: [useSomething()].');
  return [];
};

const readResolvers = (value: unknown, tell: Tell): readonly NamedResolvers[] => {
  if (value === undefined) return [];
  const list: readonly unknown[] = Array.isArray(value) ? value : [value];
  return list.flatMap((map, index) => {
    const name = Array.isArray(value) ? `resolvers[${index}]` : 'resolvers';
    if (isObject(map)) return [{ name, map }];
    tell(`${name}: must be an object: { Query: { field: (parent, args, context, info) => … } }.`);
    return [];
  });
};

const readPolicies = (value: unknown, tell: Tell): ConfigShape['policies'] => {
  if (value === undefined) return {};
  if (!isObject(value)) {
    tell('policies: must be an object with one function for each name.');
    return {};
  }
  return Object.fromEntries(
    Object.entries(value).map(([name, policy]) => {
      if (typeof policy === 'function') return [name, policy as (...args: never) => unknown];
      tell(`policies.${name}: must be a function (parent, args, context) => boolean.`);
      // The name is known, so that rules with it are no further problem.
      return [name, () => false];
    }),
  );
};

const roleName = /^[A-Za-z][_0-9A-Za-z]{0,49}$/;
const reservedNames: readonly string[] = ['true', 'false', 'null', 'anonymous'];

const readRoles = (config: Fields, tell: Tell): Roles => {
  const { roles: value, signUpRole, moderatorRole } = config;
  const names = value === undefined ? standardRoles.names : readRoleNames(value, tell);
  const pick = (key: string, role: unknown): string | undefined => {
    if (role === undefined) return undefined;
    if (typeof role === 'string' && names.includes(role)) return role;
    tell(`${key}: ${JSON.stringify(role)} is not in roles: ${names.join(', ')}.`);
    return undefined;
  };
  const signUp = pick('signUpRole', signUpRole);
  const moderator = pick('moderatorRole', moderatorRole);
  if (signUp !== undefined && names.length > 1 && signUp === names.at(-1)) {
    tell(`signUpRole: ${signUp} is the last role, which administers. Choose another: anybody can sign up.`);
  }
  return createRoles({ names, ...(signUp ? { signUp } : {}), ...(moderator ? { moderator } : {}) });
};

const readRoleNames = (value: unknown, tell: Tell): readonly string[] => {
  const { names: standard } = standardRoles;
  if (!Array.isArray(value) || value.length < 2) {
    tell(
      "roles: must be a list of at least two names, least first: ['READER', 'EDITOR', 'ADMIN']. The last one administers.",
    );
    return standard;
  }
  const wrong = value.filter(
    (name) => typeof name !== 'string' || !roleName.test(name) || reservedNames.includes(name),
  );
  for (const name of wrong) {
    tell(
      `roles: ${JSON.stringify(name)} cannot be a role. Use letters, digits and _, as in EDITOR; not true, false, null, anonymous.`,
    );
  }
  const folded = value.map((name) => String(name).toUpperCase());
  if (new Set(folded).size < folded.length)
    tell('roles: has a name twice. The case of letters does not tell two roles apart.');
  return wrong.length > 0 ? standard : value;
};
