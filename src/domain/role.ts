/** The name of a role. Which names there are is the choice of who runs the server: see `Roles`. */
export type Role = string;

/** The roles of a server, from least to most: each has the rights of those before it. The order of `enum Role`. */
export type Roles = {
  readonly names: readonly Role[];
  /** The role of who signs up. */
  readonly signUp: Role;
  /** Whoever has at least this role may do what the rules of this server ask a MODERATOR for. */
  readonly moderator: Role;
  /** The last one: it has every right. */
  readonly administrator: Role;
};

export type RoleOptions = { readonly names: readonly Role[]; readonly signUp?: Role; readonly moderator?: Role };

/** Returns the roles with the defaults filled in. `names` must not be empty. */
export const createRoles = ({ names, signUp, moderator }: RoleOptions): Roles => {
  const [least = '', administrator = least] = [names[0], names.at(-1)];
  return {
    names,
    signUp: signUp ?? least,
    moderator: moderator ?? (names.includes('MODERATOR') ? 'MODERATOR' : administrator),
    administrator,
  };
};

/** The roles of a server that names none. Those of schema/base.graphql. */
export const standardRoles: Roles = createRoles({ names: ['USER', 'MODERATOR', 'ADMIN'] });

/** Whether the value is exactly the name of a role: `admin` is not `ADMIN`. */
export const isRole = ({ names }: Roles, value: unknown): value is Role => names.some((role) => role === value);

/** Whether `held` has at least the rights of `needed`. A role that is not in the list has none. */
export const hasRole = ({ names }: Roles, held: Role, needed: Role): boolean =>
  names.includes(held) && names.indexOf(held) >= names.indexOf(needed);
