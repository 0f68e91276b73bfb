import { type Api, type Link, possibleTypes, typeOf, type Use } from './random-api.ts';
import type { Valid, ValidRoot } from './random-text.ts';

/** What the contract says an operation is answered with, found out field by field and object by object. */
export type Expected =
  | { readonly kind: 'refused' }
  | {
      readonly kind: 'answered';
      readonly data: unknown;
      /** The places of the errors. */
      readonly errors: readonly string[];
      /** Whether a null went up: then executors differ in which of several errors they report. */
      readonly wentUp: boolean;
    };

type Path = readonly (string | number)[];
const hidden = Symbol('hidden');
/** A null that goes up. */
const gone = Symbol('gone');

const isEven = (object: number | null): boolean => object === null || object % 2 === 0;
const isMet = (use: Use, level: number, object: number | null): boolean =>
  level >= use.level && (!use.policy || isEven(object));
const isMetByCaller = (use: Use, level: number): boolean => level >= use.level;
const loud = (uses: readonly Use[]): readonly Use[] => uses.filter(({ hides }) => !hides);
const quiet = (uses: readonly Use[]): readonly Use[] => uses.filter(({ hides }) => hides);

/** The rules of a type and of its interfaces; of a union none. */
const rulesOfType = (api: Api, type: string): readonly Use[] => {
  const own = api.types[type] ?? api.interfaces[type];
  const interfaces = api.types[type]?.interfaces ?? [];
  return [...(own?.uses ?? []), ...interfaces.flatMap((name) => api.interfaces[name]?.uses ?? [])];
};

const rulesOfField = (api: Api, type: string, name: string): readonly Use[] => {
  const object = api.types[type];
  if (!object) return api.roots[name]?.uses ?? [];
  const inherited = name === 'f' ? object.interfaces.flatMap((each) => api.interfaces[each]?.f ?? []) : [];
  return [...(name === 'n' ? object.n.uses : name === 'f' ? object.f : object.g), ...inherited];
};

const linkOf = (api: Api, type: string, name: string): Link | undefined =>
  api.types[type] ? (name === 'n' ? api.types[type].n : undefined) : api.roots[name];

export const objectsOf = (api: Api, link: Link, from: number): readonly number[] => {
  const possible = possibleTypes(api, link.target);
  return (api.links[from] ?? []).filter((object) => possible.includes(typeOf(object)));
};

/** Returns what the resolver of a link returns. */
export const valueReturned = (api: Api, link: Link, from: number): unknown => {
  const objects = objectsOf(api, link, from);
  if (link.shape === 'one') return objects[0] ?? null;
  // A place that cannot be null needs an object.
  if (link.shape === 'sure') {
    return objects[0] ?? [0, 1, 2, 3].find((each) => possibleTypes(api, link.target).includes(typeOf(each)));
  }
  return link.shape === 'grid' ? [objects, objects.slice(1)] : objects;
};

const applies = (api: Api, condition: string, type: string): boolean => possibleTypes(api, condition).includes(type);

export const expectedOf = (
  api: Api,
  { isMutation, roots, level }: { isMutation: boolean; roots: readonly ValidRoot[]; level: number },
): Expected => {
  const merged = collect(
    api,
    'Query',
    roots.map((root) => ({ kind: 'field', ...root })),
  );
  if (isMutation && !mayAll(api, 'Query', [...merged.values()].flat(), level)) return { kind: 'refused' };
  const canEnter = [...merged.values()].some(([first]) =>
    loud(staticRulesOf(api, 'Query', first?.name ?? '')).every((use) => isMetByCaller(use, level)),
  );
  if (!isMutation && !canEnter) return { kind: 'refused' };
  const errors: string[] = [];
  const state = { wentUp: false };
  const complete = createComplete(api, level, { errors, state });
  const data = complete.fields('Query', null, merged, []);
  return { kind: 'answered', data: data === gone ? null : data, errors, wentUp: state.wentUp };
};

/** What is asked with a field: its own rules, and those of the type that it returns. */
const staticRulesOf = (api: Api, type: string, name: string): readonly Use[] => {
  const link = linkOf(api, type, name);
  return [...rulesOfField(api, type, name), ...(link ? rulesOfType(api, link.target) : [])];
};

type FieldsByKey = ReadonlyMap<string, readonly Extract<Valid, { kind: 'field' }>[]>;

const collect = (api: Api, type: string, selections: readonly Valid[]): FieldsByKey => {
  const fields = new Map<string, Extract<Valid, { kind: 'field' }>[]>();
  const add = (each: Valid): void => {
    if (each.kind === 'field') fields.set(each.key, [...(fields.get(each.key) ?? []), each]);
    else if (applies(api, each.type, type)) each.below.forEach(add);
  };
  selections.forEach(add);
  return fields;
};

/** Returns whether a mutation may run: no rule that could be met by any object of any possible type is unmet. */
const mayAll = (api: Api, type: string, selections: readonly Valid[], level: number): boolean =>
  [...collect(api, type, selections).values()].flat().every(({ name, below }) => {
    if (name === '__typename') return true;
    const link = linkOf(api, type, name);
    const members = link ? possibleTypes(api, link.target) : [];
    const asked = [
      ...staticRulesOf(api, type, name),
      ...rulesOfType(api, type),
      ...members.flatMap((member) => rulesOfType(api, member)),
    ];
    if (!loud(asked).every((use) => isMetByCaller(use, level))) return false;
    return members.every((member) => mayAll(api, member, below, level));
  });

type Report = { readonly errors: string[]; readonly state: { wentUp: boolean } };

const createComplete = (api: Api, level: number, { errors, state }: Report) => {
  const deny = (path: Path): null => {
    errors.push(path.join('.'));
    return null;
  };
  const goUp = (): typeof gone => {
    state.wentUp = true;
    return gone;
  };
  const isHidden = (id: number): boolean => {
    const rules = rulesOfType(api, typeOf(id));
    return loud(rules).every((use) => isMet(use, level, id)) && !quiet(rules).every((use) => isMet(use, level, id));
  };
  const object = (id: number, below: readonly Valid[], path: Path): unknown => {
    const type = typeOf(id);
    if (!loud(rulesOfType(api, type)).every((use) => isMet(use, level, id))) return deny(path);
    return isHidden(id) ? hidden : fields(type, id, collect(api, type, below), path);
  };
  /** What is hidden is not there, so it has no index either. */
  const list = (values: readonly unknown[], below: readonly Valid[], path: Path, isSure: boolean): unknown => {
    const completed = values
      .filter((each) => typeof each !== 'number' || !isHidden(each))
      .map((each, index) =>
        Array.isArray(each)
          ? list(each, below, [...path, index], false)
          : object(each as number, below, [...path, index]),
      )
      .map((each) => (each === gone ? null : each));
    if (!isSure || !completed.includes(null)) return completed;
    goUp();
    return null;
  };
  const field = (type: string, id: number | null, name: string, below: readonly Valid[], path: Path): unknown => {
    if (name === '__typename') return type === 'Query' ? 'Query' : type;
    const own = rulesOfField(api, type, name);
    const link = linkOf(api, type, name);
    const returned = link ? rulesOfType(api, link.target) : [];
    const isDenied =
      !loud(own).every((use) => isMet(use, level, id)) || !loud(returned).every((use) => isMetByCaller(use, level));
    const isSure = name === 'g' || link?.shape === 'sure';
    if (isDenied) return deny(path) ?? (isSure ? goUp() : null);
    if (!quiet(own).every((use) => isMet(use, level, id))) return null;
    if (!link) return 1;
    const value = valueReturned(api, link, id ?? rootIndex(api, name));
    if (Array.isArray(value)) return list(value, below, path, link.shape === 'sureList');
    if (value === null) return null;
    const completed = object(value as number, below, path);
    if (completed === hidden) return isSure ? (deny(path) ?? goUp()) : null;
    if (completed === null || completed === gone) return isSure ? goUp() : null;
    return completed;
  };
  const fields = (type: string, id: number | null, selected: FieldsByKey, path: Path): unknown => {
    const result: Record<string, unknown> = {};
    let isGone = false;
    for (const [key, nodes] of selected) {
      const value = field(
        type,
        id,
        nodes[0]?.name ?? '',
        nodes.flatMap(({ below }) => below),
        [...path, key],
      );
      isGone ||= value === gone;
      result[key] = value;
    }
    return isGone ? gone : result;
  };
  return { fields };
};

export const rootIndex = (api: Api, name: string): number => 8 + Object.keys(api.roots).indexOf(name);
