/** The arguments of one use of a directive, before they are checked. */
export type RawArguments = Readonly<Record<string, unknown>>;

type Extensions = Readonly<Record<PropertyKey, unknown>>;

/** The directives of one element that was built in code, and what in its `extensions` is not understood. */
type ExtensionDirectives = {
  readonly uses: readonly { readonly name: string; readonly args: RawArguments }[];
  /** Every name that is used, also in a shape that is not understood, and of directives that are not ours. */
  readonly names: readonly string[];
  readonly problems: readonly string[];
};

const ours = ['auth', 'public'];
const nothing: ExtensionDirectives = { uses: [], names: [], problems: [] };

/**
 * Reads the directives in `extensions.directives` of an element: `{ auth: args }`, `{ auth: [args, args] }` or `[{ name, args }]`,
 * as graphql-tools and Pothos write them. A rule in any other shape is a problem: it would be ignored, or lose its arguments.
 */
export const readExtensionDirectives = (extensions: Extensions | null | undefined): ExtensionDirectives => {
  if (!extensions) return nothing;
  const { uses, names, problems } = readDirectives(extensions['directives']);
  return { uses, names, problems: [...problems, ...keyProblems(extensions)] };
};

/** `directives` is the only key that is read. */
const keyProblems = (extensions: Extensions): readonly string[] =>
  Object.keys(extensions)
    .filter((key) => key !== 'directives' && /^@?(?:auth|directives?)$/i.test(key))
    .map((key) => `extensions.${key} is not read: ${howToWrite}`);

const howToWrite =
  "write extensions: authExtension({ role: '…' }), or extensions: { directives: { auth: { role: '…' } } }";

const readDirectives = (directives: unknown): ExtensionDirectives => {
  if (directives === undefined || directives === null) return nothing;
  if (Array.isArray(directives)) return concat(directives.map(readEntry));
  if (isPlainObject(directives)) {
    return concat(Object.getOwnPropertyNames(directives).map((name) => readKey(name, directives[name])));
  }
  return { ...nothing, problems: [`extensions.directives is ${kindOf(directives)}: ${howToWrite}`] };
};

/** One of `[{ name, args }]`. */
const readEntry = (entry: unknown): ExtensionDirectives => {
  if (!isPlainObject(entry) || typeof entry['name'] !== 'string') {
    return { ...nothing, problems: [`extensions.directives has an entry without a name: ${howToWrite}`] };
  }
  const { name, args = {}, ...rest } = entry;
  return Object.keys(rest).length === 0 && isPlainObject(args) ? use(name, [args]) : misshapen(name);
};

/** One of `{ name: args }` and `{ name: [args] }`. */
const readKey = (name: string, value: unknown): ExtensionDirectives => {
  const all = Array.isArray(value) ? value : [value];
  return all.length > 0 && all.every(isPlainObject) ? use(name, all) : misshapen(name);
};

const use = (name: string, all: readonly RawArguments[]): ExtensionDirectives => ({
  uses: all.map((args) => ({ name, args })),
  names: [name],
  problems: [],
});

const misshapen = (name: string): ExtensionDirectives => ({
  uses: [],
  names: [name],
  problems: ours.includes(name)
    ? [`@${name} in extensions.directives has a shape that is not understood: ${howToWrite}`]
    : [],
});

const concat = (parts: readonly ExtensionDirectives[]): ExtensionDirectives => ({
  uses: parts.flatMap(({ uses }) => uses),
  names: parts.flatMap(({ names }) => names),
  problems: parts.flatMap(({ problems }) => problems),
});

/** Of any realm, because test runners have several. What a class instance holds may be inherited and would not be seen. */
const isPlainObject = (value: unknown): value is RawArguments => {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || (Object.hasOwn(Object(prototype), 'hasOwnProperty') && isRoot(prototype));
};

const isRoot = (prototype: unknown): boolean => Object.getPrototypeOf(prototype) === null;

const kindOf = (value: unknown): string =>
  typeof value === 'object' ? `no plain object but a ${value?.constructor.name}` : `a ${typeof value}`;
