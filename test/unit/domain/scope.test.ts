import { hasScope, interactiveScope, sessionScopes } from '@fieldgate/guard';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { grantable, rejectGrant } from '../../../src/domain/scope.ts';

const segment = fc.stringMatching(/^[a-z]{1,4}$/);
const scope = fc.array(segment, { minLength: 1, maxLength: 4 });
const known = new Map([
  ['orders:read', ['USER', 'ADMIN']],
  ['users:read', ['ADMIN']],
  [interactiveScope, ['USER', 'ADMIN']],
]);

describe('a granted scope', () => {
  it.each([
    ['orders:read', 'orders:read', true],
    ['orders:read', 'orders:write', false],
    ['orders:read', 'orders:read:all', false],
    ['orders:*', 'orders:read', true],
    ['orders:*', 'users:read', false],
    ['orders:*', 'orders', false],
    ['orders:*', 'orders:items:read', false],
    ['*:read', 'orders:read', true],
    ['*:read', 'orders:write', false],
    ['*:*', 'orders:read', true],
    ['*:*', 'orders', false],
    ['*', 'orders:items:read', true],
    ['o*:read', 'orders:read', false],
    ['ORDERS:read', 'orders:read', false],
    ['', 'orders:read', false],
  ])('%s covers %s: %s', (grant, asked, covers) => {
    expect(hasScope([grant], asked)).toBe(covers);
  });

  it('covers itself, and so does each pattern made of it by putting * for any of its segments', () => {
    fc.assert(
      fc.property(scope, fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }), (segments, starred) => {
        const pattern = segments.map((text, i) => (starred[i] ? '*' : text)).join(':');
        expect(hasScope([pattern], segments.join(':'))).toBe(true);
      }),
    );
  });

  it('covers nothing that differs in a segment without *, or in length', () => {
    fc.assert(
      fc.property(scope, scope, (one, other) => {
        const differs = one.length !== other.length || one.some((text, i) => i > 0 && text !== other[i]);
        fc.pre(differs && one.length > 1);
        expect(hasScope([['*', ...one.slice(1)].join(':')], other.join(':'))).toBe(false);
      }),
    );
  });

  it('more grants never cover less', () => {
    fc.assert(
      fc.property(fc.array(scope), scope, scope, (grants, more, asked) => {
        const texts = grants.map((each) => each.join(':'));
        const [before, after] = [texts, [...texts, more.join(':')]].map((all) => hasScope(all, asked.join(':')));
        expect(before === true && after === false).toBe(false);
      }),
    );
  });

  it('K05: no pattern covers what is reserved for sessions', () => {
    for (const grant of ['*', '*:*', 'interactive:*', 'i*']) expect(hasScope([grant], interactiveScope)).toBe(false);
    expect(hasScope(sessionScopes, interactiveScope)).toBe(true);
    expect(hasScope(sessionScopes, 'orders:read')).toBe(true);
  });
});

describe('a grant', () => {
  it.each([
    [['orders:read'], 'USER', null],
    [[], 'USER', null],
    [['*'], 'USER', null],
    [['*:read'], 'USER', null],
    [['users:read'], 'ADMIN', null],
    [['users:read'], 'USER', 'SCOPE_BEYOND_ROLE'],
    [['users:*'], 'USER', 'SCOPE_BEYOND_ROLE'],
    [['orders:read', 'orders:raed'], 'USER', 'SCOPE_UNKNOWN'],
    [['orders:*:read'], 'USER', 'SCOPE_UNKNOWN'],
    [['orders:read users:read'], 'ADMIN', 'SCOPE_UNKNOWN'],
    [[''], 'ADMIN', 'SCOPE_UNKNOWN'],
    [[interactiveScope], 'ADMIN', 'SCOPE_UNKNOWN'],
    [['*'], 'NOBODY', 'SCOPE_BEYOND_ROLE'],
  ])('of %j to a key of a %s: %s', (grants, role, refusal) => {
    expect(rejectGrant(grants, known, role)).toBe(refusal);
  });

  it('can contain each scope whose rules the role can meet, and never the interactive one', () => {
    expect(grantable(known, 'USER')).toEqual(['orders:read']);
    expect(grantable(known, 'ADMIN')).toEqual(['orders:read', 'users:read']);
  });
});
