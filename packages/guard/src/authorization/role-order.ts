/** The option `roles`, and the values of the enum that it orders; null where the schema has no such enum. */
type RoleOrder = {
  readonly roles: readonly string[] | undefined;
  readonly values: readonly string[] | null;
  readonly roleEnum: string;
  /** Whether any rule asks for a role. */
  readonly used: boolean;
};

/**
 * Returns what is wrong with the order of the roles. It is said, never taken from the enum: code-first builders and
 * `lexicographicSortSchema` sort enums, `extend enum` appends, and where ADMIN stands first a USER would read what is ADMIN's.
 */
export const roleOrderProblems = ({ roles, values, roleEnum, used }: RoleOrder): readonly string[] => {
  if (roles === undefined) return used && values !== null ? [unsaid(roleEnum, values)] : [];
  const problems = rolesProblems(roles);
  if (problems.length > 0) return problems;
  if (values === null) return ['roles: order no enum, because the schema has no definition of @auth with a role'];
  return [
    ...roles.filter((name) => !values.includes(name)).map((name) => `roles: ${name} is no value of enum ${roleEnum}`),
    ...values.filter((name) => !roles.includes(name)).map((name) => `roles: ${name} of enum ${roleEnum} is missing`),
  ];
};

/** The names are shown sorted, so that nobody takes the example's order for the right one. */
const unsaid = (roleEnum: string, values: readonly string[]): string =>
  `roles: rules ask for roles, and nothing says their order. Write guardSchema(schema, { roles: ['<least>', …, '<greatest>'] }) with every value of enum ${roleEnum}: ${[...values].sort().join(', ')}`;

/** Returns what is wrong with a list of roles by itself. */
export const rolesProblems = (roles: unknown): readonly string[] => {
  if (!Array.isArray(roles) || roles.length === 0 || !roles.every((name) => typeof name === 'string')) {
    return ["roles: must be a list of names, from the least role to the greatest, such as ['USER', 'ADMIN']"];
  }
  const doubled = new Set(roles.filter((name, index) => roles.indexOf(name) !== index));
  return [...doubled].map((name) => `roles: ${name} is there more than once`);
};
