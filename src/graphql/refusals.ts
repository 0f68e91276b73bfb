import type { Refusal } from '../authorization/errors.ts';
import type { ErrorCode } from '../domain/errors.ts';
import { actorFor, type RecordEvent } from '../domain/event.ts';
import { anonymous } from '../domain/viewer.ts';
import type { RequestContext } from './context.ts';

export type OnRefusal = (refusal: Refusal, context: RequestContext) => void;

const aboutRights: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'UNAUTHENTICATED',
  'FORBIDDEN',
  'AMBIGUOUS_CREDENTIALS',
]);

/** Writes down who was refused what: the coordinate of the field, never its arguments (ASVS 16.3.2). */
export const createRefusalLog =
  (record: RecordEvent): OnRefusal =>
  ({ error, viewer = anonymous }, { origin }) => {
    const { code, details } = error;
    if (!aboutRights.has(code)) return;
    const coordinate = details.coordinate === undefined ? {} : { coordinate: details.coordinate };
    const actor = actorFor(viewer, origin);
    record({ type: 'access.refused', actor, reason: details.reason ?? code, metadata: { code, ...coordinate } });
  };
