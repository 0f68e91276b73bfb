import type { ApiContext, SetupDeps } from '../domain/api-context.ts';

// biome-ignore lint/suspicious/noExplicitAny: parents, arguments and contexts have the types that their owner gives them.
type Own = any;

/** As in graphql-js: what it returns may be a promise. */
export type OwnResolver = (parent: Own, args: Own, context: Own, info: Own) => unknown;

/** Of a field of `Subscription`. */
export type OwnSubscription = { readonly subscribe: OwnResolver; readonly resolve?: OwnResolver };

/** The resolvers of one type by field, and `__resolveType`, `__isTypeOf`; a scalar of graphql-js; the values of an enum. */
export type OwnTypeResolvers = Readonly<
  Record<string, OwnResolver | OwnSubscription | string | number | boolean | null>
>;

/** By type. */
export type OwnResolvers = Readonly<Record<string, OwnTypeResolvers | object>>;

/** `true` lets the caller have the field; anything else, also a throw, denies it. */
export type OwnPolicy = (
  parent: Own,
  args: Own,
  context: ApiContext<Own> & Readonly<Record<string, Own>>,
  ...more: Own[]
) => boolean | Promise<boolean>;

/** Everything that makes an API of one's own of the server. */
export type FieldgateConfig<Resources = Own> = {
  /** Patterns of files with SDL, from the folder of the configuration: `schema/*.graphql`. `**` stands for any folders. */
  readonly schema?: string | readonly string[];
  /** SDL as text. */
  readonly typeDefs?: string | readonly string[];
  /** One map, or several. */
  readonly resolvers?: OwnResolvers | readonly OwnResolvers[];
  /** From least to most; the last one administers. Default: USER, MODERATOR, ADMIN. */
  readonly roles?: readonly string[];
  /** The role of who signs up. Default: the first. */
  readonly signUpRole?: string;
  /** The least role with the rights of our MODERATOR. Default: MODERATOR where the list has it, else the last. */
  readonly moderatorRole?: string;
  /** By the names that `@auth(policy: "…")` uses. */
  readonly policies?: Readonly<Record<string, OwnPolicy>>;
  /** Called once at the start, after the stores are open. What it returns is `resources`; its `Symbol.asyncDispose`, `Symbol.dispose` or `close` is called at the stop. */
  readonly setup?: (deps: SetupDeps) => Resources | Promise<Resources>;
  /** Called once for each operation that needs it, after the caller was admitted. What it returns is spread into the context. */
  readonly context?: (context: ApiContext<NoInfer<Resources>>) => object | Promise<object>;
  /** Plug-ins of graphql-yoga and Envelop. With one, every operation goes through Yoga, and all their hooks run. */
  readonly yoga?: readonly YogaPlugin[];
};

/** A plug-in of graphql-yoga or Envelop. */
export type YogaPlugin = object;

/** The names of all keys. */
export const configKeys = [
  'schema',
  'typeDefs',
  'resolvers',
  'roles',
  'signUpRole',
  'moderatorRole',
  'policies',
  'setup',
  'context',
  'yoga',
] as const satisfies readonly (keyof FieldgateConfig)[];

/**
 * Returns the configuration as it is, typed. `export default defineConfig({ … })` in fieldgate.config.ts is what the command line
 * finds; `createFieldgate({ env, ...config })` takes the same.
 *
 * @example
 * export default defineConfig({ schema: ['schema/*.graphql'], resolvers });
 */
export const defineConfig = <Resources = Own>(config: FieldgateConfig<Resources>): FieldgateConfig<Resources> => config;
