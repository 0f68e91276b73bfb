import {
  type Api,
  type Link,
  possibleTypes,
  type RootSelection,
  roles,
  type Selection,
  type Use,
} from './random-api.ts';

const printUse = ({ level, policy, hides }: Use): string => {
  const role = roles[level - 2];
  const parts = [
    ...(role ? [`role: ${role}`] : []),
    ...(policy ? ['policy: "even"'] : []),
    ...(hides ? ['onDenied: FILTER'] : []),
  ];
  return parts.length === 0 ? '@auth' : `@auth(${parts.join(', ')})`;
};

const printUses = (uses: readonly Use[]): string => uses.map(printUse).join(' ');

const shapes: Readonly<Record<Link['shape'], (type: string) => string>> = {
  one: (type) => type,
  sure: (type) => `${type}!`,
  list: (type) => `[${type}]`,
  sureList: (type) => `[${type}!]`,
  grid: (type) => `[[${type}]]`,
};

const printLink = ({ target, shape, uses }: Link): string => `${shapes[shape](target)} ${printUses(uses)}`;

/** Of two rules of a type, the second is in an extension. */
export const printSchema = (api: Api): string => {
  const roots = Object.entries(api.roots).map(
    ([name, link]) => `${name}: ${printLink(link)} ${link.uses.length === 0 ? '@public' : ''}`,
  );
  return [
    'union U = T0 | T1 | T2',
    ...Object.entries(api.interfaces).map(
      ([name, { uses, f }]) => `interface ${name} ${printUses(uses)} { f: Int ${printUses(f)} }`,
    ),
    ...Object.entries(api.types).flatMap(([name, { interfaces, uses, f, g, n }]) => {
      const [first, ...others] = uses;
      const fields = `f: Int ${printUses(f)} g: Int! ${printUses(g)} n: ${printLink(n)}`;
      return [
        `type ${name} implements ${interfaces.join(' & ')} ${first ? printUse(first) : ''} { ${fields} }`,
        ...(others.length > 0 ? [`extend type ${name} ${printUses(others)}`] : []),
      ];
    }),
    `type Query { ${roots.join(' ')} }`,
    `type Mutation { ${roots.join(' ')} }`,
  ].join('\n');
};

/** A selection that is valid, with the name that it has in the answer. */
export type Valid =
  | { readonly kind: 'field'; readonly key: string; readonly name: string; readonly below: readonly Valid[] }
  | { readonly kind: 'on'; readonly type: string; readonly below: readonly Valid[]; readonly named: boolean };

/** Returns what is valid on this type. A field has its type in its key, so that only fields of one type are merged. */
export const validOn = (api: Api, type: string, selections: readonly Selection[]): readonly Valid[] => {
  const possible = possibleTypes(api, type);
  const valid = selections.flatMap((each): readonly Valid[] => {
    if (each.kind === 'on') {
      if (!possibleTypes(api, each.type).some((name) => possible.includes(name))) return [];
      return [{ kind: 'on', type: each.type, named: each.named, below: validOn(api, each.type, each.below) }];
    }
    if (!each.include) return [];
    if (each.name === '__typename') return [{ kind: 'field', key: '__typename', name: '__typename', below: [] }];
    const isObject = type in api.types;
    if (!isObject && !(each.name === 'f' && type !== 'U')) return [];
    const link = each.name === 'n' ? api.types[type]?.n : undefined;
    const below = link ? validOn(api, link.target, each.below) : [];
    return [{ kind: 'field', key: `${type}_${each.name}`, name: each.name, below }];
  });
  return valid.length > 0 ? valid : [{ kind: 'field', key: '__typename', name: '__typename', below: [] }];
};

export type ValidRoot = { readonly key: string; readonly name: string; readonly below: readonly Valid[] };

export const validRoots = (api: Api, roots: readonly RootSelection[]): readonly ValidRoot[] =>
  roots.map(({ name, below }) => ({ key: name, name, below: validOn(api, api.roots[name]?.target ?? 'U', below) }));

/** Prints the operation, with some of the fragments by name. */
export const printOperation = (isMutation: boolean, roots: readonly ValidRoot[]): string => {
  const fragments: string[] = [];
  const print = (selections: readonly Valid[]): string =>
    `{ ${selections.map((each) => (each.kind === 'on' ? printFragment(each) : printField(each))).join(' ')} }`;
  const printField = ({ key, name, below }: { key: string; name: string; below: readonly Valid[] }): string =>
    `${key === name ? name : `${key}: ${name}`}${below.length > 0 ? ` ${print(below)}` : ''}`;
  const printFragment = ({ type, below, named }: Extract<Valid, { kind: 'on' }>): string => {
    if (!named) return `... on ${type} ${print(below)}`;
    const name = `F${fragments.length}`;
    fragments.push('');
    fragments[Number(name.slice(1))] = `fragment ${name} on ${type} ${print(below)}`;
    return `...${name}`;
  };
  const body = print(roots.map((root) => ({ kind: 'field', ...root })));
  return [`${isMutation ? 'mutation' : 'query'} ${body}`, ...fragments].join('\n');
};
