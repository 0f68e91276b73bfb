import type { GraphQLSchema } from 'graphql';
import type { CodedError } from '../domain/errors.ts';
import type { Viewer } from '../domain/viewer.ts';
import { guardOf } from './guard-registry.ts';
import { denialOf, meets } from './rule-denial.ts';

/**
 * Returns why this viewer may not have the field with this coordinate, by its roles and scopes; null if it may. Policies are not
 * called. For code that does what the field does without selecting it.
 */
export const fieldDenial = (schema: GraphQLSchema, coordinate: string, viewer: Viewer): CodedError | null => {
  const guard = guardOf(schema);
  if (guard === null) throw new Error('The schema was not made by guardSchema, so its rules would not be enforced.');
  const rule = guard.rules.get(coordinate);
  return rule === undefined || meets(rule, viewer, guard.clock) ? null : denialOf(rule, viewer, guard.clock);
};
