import { type ApiContext, type FieldgateConfig, refuse } from 'fieldgate';
import type { Note, Notes } from './notes.ts';
import { isOwnerOrEditor } from './policies.ts';

type Context = ApiContext<{ readonly notes: Notes }> & { readonly callerId: string };

const add = (_parent: unknown, args: { title: string; text: string; list: string }, context: Context): Note => {
  const note = context.resources.notes.add({ ...args, ownerId: context.callerId });
  if (note === null)
    throw refuse('TITLE_TAKEN', 'You have a note with this title. Choose another.', { field: 'title' });
  return note;
};

const change = (_parent: unknown, { id, text }: { id: string; text: string }, context: Context): Note => {
  const note = context.resources.notes.find(id);
  if (note === null || !isOwnerOrEditor(note, {}, context)) {
    throw refuse('NOTE_UNKNOWN', 'There is no such note, or you may not change it.', { field: 'id' });
  }
  context.resources.notes.change(id, text);
  return { ...note, text };
};

export const resolvers: FieldgateConfig['resolvers'] = {
  Query: {
    noteCount: (_parent, _args, { resources }: Context) => resources.notes.count(),
    notes: (_parent, _args, { resources, callerId }: Context) => resources.notes.ofOwner(callerId),
    allNotes: (_parent, _args, { resources }: Context) => resources.notes.all(),
    list: (_parent, { name }: { name: string }, { resources }: Context) => {
      const notes = resources.notes.inList(name);
      return notes.length === 0 ? null : { name, notes };
    },
  },
  Mutation: { addNote: add, changeNote: change },
  User: {
    notes: ({ id }: { id: string }, _args, { resources }: Context) => resources.notes.ofOwner(id),
  },
  Note: {
    // With the rights of the caller: of a stranger they read id and name.
    owner: ({ ownerId }: Note, _args, { accounts }: Context) => accounts.find(ownerId),
  },
};
