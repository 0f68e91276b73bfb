/** From least to most: each role has the rights of those before it. Exactly the values of `enum Role` in schema/base.graphql. */
export const roles = ['USER', 'MODERATOR', 'ADMIN'] as const;

export type Role = (typeof roles)[number];

/** Whether the value is exactly the name of a role: `admin` is not `ADMIN`. */
export const isRole = (value: unknown): value is Role => roles.some((role) => role === value);

/** Whether `held` has at least the rights of `needed`. */
export const hasRole = (held: Role, needed: Role): boolean => roles.indexOf(held) >= roles.indexOf(needed);
