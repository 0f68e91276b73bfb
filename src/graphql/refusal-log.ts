import type { Refusal } from '@fieldgate/guard';
import { anonymous } from '@fieldgate/guard/core';
import type { ErrorCode } from '../domain/errors.ts';
import { actorFor, type RecordEvent } from '../domain/event.ts';
import type { RequestContext } from './context.ts';

export type OnRefusal = (refusal: Refusal, context: RequestContext) => void;

const aboutRights: ReadonlySet<string> = new Set<ErrorCode>(['UNAUTHENTICATED', 'FORBIDDEN', 'AMBIGUOUS_CREDENTIALS']);

/** Records who was refused what: the coordinate of the field, never its arguments (ASVS 16.3.2). */
export const createRefusalLog =
  (record: RecordEvent): OnRefusal =>
  ({ error, viewer = anonymous }, { client }) => {
    const { code, details } = error;
    if (!aboutRights.has(code)) return;
    const coordinate = details.coordinate === undefined ? {} : { coordinate: details.coordinate };
    const actor = actorFor(viewer, client);
    record({ type: 'access.refused', actor, reason: details.reason ?? code, metadata: { code, ...coordinate } });
  };
