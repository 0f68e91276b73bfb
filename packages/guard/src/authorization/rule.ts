/** Everything that must hold before a field of an object type is resolved. Plain data: equal rules have equal JSON. */
export type Rule = {
  /** `Type.field` of an object type: the field that is resolved, whichever interface or fragment selects it. */
  readonly coordinate: string;
  /** Whether anonymous callers pass, because every part of the rule allows it. */
  readonly optional: boolean;
  /** The greatest role that any part asks for, null if none does. */
  readonly role: string | null;
  /** `role` and all roles above it, null if no role is asked for. */
  readonly rolesAllowed: readonly string[] | null;
  /** One entry for each `@auth` with scopes. Each must be met by any of its sets, that set in full. */
  readonly scopes: readonly (readonly (readonly string[])[])[];
  /** The names of the policies that must all return true, in the order in which they are called. */
  readonly policies: readonly string[];
  /** The seconds since the caller last proved who they are, at most; null if no part asks. */
  readonly maxAge: number | null;
  /** One entry for each `@auth` with `amr`. Each must be met by any of its methods. */
  readonly amr: readonly (readonly string[])[];
  /** Whether denials name this rule, with what it requires, to the caller. */
  readonly exposed: boolean;
};
