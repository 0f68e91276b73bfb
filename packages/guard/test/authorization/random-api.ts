import fc from 'fast-check';

/** One `@auth`. `level`: 1 is any signed-in caller, 2 to 4 the roles. */
export type Use = { readonly level: number; readonly policy: boolean; readonly hides: boolean };
type Uses = readonly Use[];

export const roles = ['USER', 'EDITOR', 'ADMIN'] as const;
/** A caller's index is the greatest level that it meets. */
export const callers = [undefined, 'visitor', 'user', 'editor', 'admin'] as const;

export type Shape = 'one' | 'sure' | 'list' | 'sureList' | 'grid';
export type Link = { readonly target: string; readonly shape: Shape; readonly uses: Uses };
export type ObjectType = {
  readonly interfaces: readonly string[];
  readonly uses: Uses;
  readonly f: Uses;
  readonly g: Uses;
  readonly n: Link;
};
export type Api = {
  readonly types: Readonly<Record<string, ObjectType>>;
  readonly interfaces: Readonly<Record<string, { readonly uses: Uses; readonly f: Uses }>>;
  readonly roots: Readonly<Record<string, Link>>;
  /** Which objects each object, and each root field, links to. */
  readonly links: readonly (readonly number[])[];
};

export type Selection =
  | { readonly kind: 'field'; readonly name: string; readonly below: readonly Selection[]; readonly include: boolean }
  | { readonly kind: 'on'; readonly type: string; readonly below: readonly Selection[]; readonly named: boolean };

export const typeNames = ['T0', 'T1', 'T2', 'T3'] as const;
export const union = ['T0', 'T1', 'T2'] as const;
const targets = [...typeNames, 'I0', 'I1', 'U'];
export const objectCount = 8;
export const typeOf = (object: number): string => typeNames[object % typeNames.length] ?? 'T0';

export const possibleTypes = (api: Api, type: string): readonly string[] => {
  if (type === 'U') return union;
  if (type in api.types) return [type];
  return typeNames.filter((name) => api.types[name]?.interfaces.includes(type));
};

const use = (hides: fc.Arbitrary<boolean>): fc.Arbitrary<Use> =>
  fc.record({ level: fc.integer({ min: 1, max: 4 }), policy: fc.boolean(), hides });
const usesOf = (hides: fc.Arbitrary<boolean>) =>
  fc.oneof({ weight: 3, arbitrary: fc.constant([]) }, { weight: 2, arbitrary: fc.array(use(hides), { maxLength: 2 }) });
const uses = usesOf(fc.boolean());
const loudUses = usesOf(fc.constant(false));

const link = (target: fc.Arbitrary<string>): fc.Arbitrary<Link> =>
  fc
    .constantFrom<Shape>('one', 'sure', 'list', 'sureList', 'grid')
    .chain((shape) => fc.record({ target, shape: fc.constant(shape), uses: shape === 'sure' ? loudUses : uses }));

const objectType = (first: string): fc.Arbitrary<ObjectType> =>
  fc.record({
    interfaces: fc.subarray(['I0', 'I1']).map((chosen) => [...new Set([first, ...chosen])].sort()),
    uses,
    f: uses,
    g: loudUses,
    n: link(fc.constantFrom(...targets)),
  });

const interfaceType = fc.record({ uses, f: uses });
/** A root field of a mutation cannot be hidden. */
const root = (target: string) =>
  link(fc.constant(target)).map((each) => ({
    ...each,
    uses: each.uses.map((one) => ({ ...one, hides: false })),
  }));

export const api: fc.Arbitrary<Api> = fc.record({
  types: fc.record({ T0: objectType('I0'), T1: objectType('I1'), T2: objectType('I0'), T3: objectType('I1') }),
  interfaces: fc.record({ I0: interfaceType, I1: interfaceType }),
  roots: fc.record({ a: root('T0'), b: root('I0'), c: root('I1'), d: root('U') }),
  links: fc.array(fc.array(fc.nat({ max: objectCount - 1 }), { maxLength: 4 }), {
    minLength: objectCount + 4,
    maxLength: objectCount + 4,
  }),
});

/** Selections of one type, at most `depth` deep. Not all of them are valid for every API: `printSelections` leaves those out. */
const selectionsOn = (depth: number): fc.Arbitrary<readonly Selection[]> =>
  depth === 0 ? fc.constant([]) : fc.array(selection(depth), { minLength: 1, maxLength: 4 });

const selection = (depth: number): fc.Arbitrary<Selection> => {
  const field = fc.record({
    kind: fc.constant('field' as const),
    name: fc.constantFrom('f', 'g', 'n', 'n', '__typename'),
    below: selectionsOn(depth - 1),
    include: fc.integer({ min: 0, max: 9 }).map((chance) => chance > 0),
  });
  const on = fc.record({
    kind: fc.constant('on' as const),
    type: fc.constantFrom(...typeNames, 'I0', 'I1'),
    below: selectionsOn(depth - 1),
    named: fc.boolean(),
  });
  return fc.oneof(field, on);
};

export type RootSelection = { readonly name: string; readonly below: readonly Selection[] };

export const operation = fc.record({
  isMutation: fc.boolean(),
  roots: fc.array(fc.record({ name: fc.constantFrom('a', 'b', 'c', 'd'), below: selectionsOn(4) }), {
    minLength: 1,
    maxLength: 3,
  }),
});
