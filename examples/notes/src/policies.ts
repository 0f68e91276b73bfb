import type { ApiContext } from 'fieldgate';
import type { Note } from './notes.ts';

const editors: readonly string[] = ['EDITOR', 'ADMIN'];

export const isOwnerOrEditor = (note: Note, _args: unknown, { viewer }: ApiContext): boolean =>
  viewer.kind === 'account' && (viewer.id === note.ownerId || editors.includes(viewer.role));
