import { inspect } from 'node:util';
import { sessionId, userId } from '@fieldgate/guard';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createRefreshToken, parseRefreshToken, succeedRefreshToken } from '../../../src/crypto/refresh-token.ts';

const ids = fc.record({ user: fc.uuid().map(userId), session: fc.uuid().map(sessionId) });
const create = () => createRefreshToken(userId(crypto.randomUUID()), sessionId(crypto.randomUUID()));

const parsed = (token: string) => {
  const result = parseRefreshToken(token);
  if (result === null) throw new Error('the token is not well-formed');
  return result;
};

describe('a refresh token', () => {
  it('contains the ids of its account and session, and has the digests it was created with', () => {
    fc.assert(
      fc.property(ids, ({ user, session }) => {
        const { token, digests } = createRefreshToken(user, session);
        expect(token).toMatch(/^fgr_[\w-]{107}$/);
        expect(parsed(token)).toMatchObject({ userId: user, sessionId: session, digests });
      }),
    );
  });

  it('R09: is never the same twice, nor is any digest', () => {
    const many = Array.from({ length: 1000 }, () =>
      createRefreshToken(
        userId('0190a0a0-0000-7000-8000-00000000000a'),
        sessionId('0190a0a0-0000-7000-8000-00000000000b'),
      ),
    );
    const texts = many.flatMap(({ token, digests }) => [token, digests.family, digests.token]);
    expect(new Set(texts).size).toBe(3000);
  });

  it('accepts UUIDs only', () => {
    expect(() => createRefreshToken(userId('ada'), sessionId(crypto.randomUUID()))).toThrow(TypeError);
    expect(() => createRefreshToken(userId(crypto.randomUUID()), sessionId('x'))).toThrow(TypeError);
  });

  it('R09: cannot be read from its digests or from its printed form', () => {
    const { token, digests } = create();
    const reading = parsed(token);
    for (const text of [JSON.stringify(digests), JSON.stringify(reading), inspect(reading), `${reading.token}`]) {
      expect(text).not.toContain(token.slice(4));
    }
  });
});

describe('parsing a refresh token', () => {
  it('rejects any text that is not one', () => {
    const { token } = create();
    const texts = [
      ...['', 'fgr_', 'null', token.slice(0, -1), `${token}A`, `${token}=`, ` ${token}`, `${token}\n`, token.slice(4)],
      ...[
        `fg_${token.slice(4)}`,
        `FGR_${token.slice(4)}`,
        `fgr-${token.slice(4)}`,
        token.replace(/.$/, '+'),
        token.replace(/.$/, 'é'),
      ],
    ];
    for (const text of texts) expect([text, parseRefreshToken(text)]).toEqual([text, null]);
    fc.assert(fc.property(fc.string(), (text) => parseRefreshToken(text) === null));
    fc.assert(
      fc.property(fc.string({ minLength: 107, maxLength: 107 }), (text) => parseRefreshToken(`fgr_${text}`) === null),
    );
  });

  it('R19: accepts exactly one encoding: the spare bits of the last character are zero', () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
    const { token, digests } = create();
    const readable = [...alphabet]
      .map((last) => parseRefreshToken(token.slice(0, -1) + last))
      .filter((result) => result !== null);
    expect(readable).toHaveLength(16);
    expect(readable.filter((result) => result.digests.token === digests.token)).toHaveLength(1);
  });

  it('returns another token digest for any other token, and another family digest for another id or family secret', () => {
    const { token, digests } = create();
    const bytes = Buffer.from(token.slice(4), 'base64url');
    for (let i = 0; i < bytes.length; i++) {
      const changed = Buffer.from(bytes);
      changed.writeUInt8(changed.readUInt8(i) ^ 1, i);
      const other = parsed(`fgr_${changed.toString('base64url')}`);
      expect(other.digests.token).not.toBe(digests.token);
      expect(other.digests.family === digests.family).toBe(i >= 48);
    }
  });
});

describe('the successor of a refresh token', () => {
  it('R01: is another token of the same family, session and account', () => {
    const { token, digests } = create();
    const spent = parsed(token);
    const next = succeedRefreshToken(spent);
    expect(next.token).not.toBe(token);
    expect(parsed(next.token)).toMatchObject({
      userId: spent.userId,
      sessionId: spent.sessionId,
      digests: { family: digests.family, token: next.digest },
    });
  });

  it('R04: is the same for the same token and nonce, and for no other token or nonce', () => {
    fc.assert(
      fc.property(ids, ids, (one, two) => {
        const first = parsed(createRefreshToken(one.user, one.session).token);
        const second = parsed(createRefreshToken(two.user, two.session).token);
        const next = succeedRefreshToken(first);
        expect(succeedRefreshToken(first, next.nonce)).toEqual(next);
        expect(succeedRefreshToken(first).token).not.toBe(next.token);
        expect(succeedRefreshToken(second, next.nonce).digest).not.toBe(next.digest);
      }),
    );
  });

  it('R09: comes with a nonce of 256 bits that is not part of it', () => {
    const { token, nonce } = succeedRefreshToken(parsed(create().token));
    expect(Buffer.from(nonce, 'base64url')).toHaveLength(32);
    expect(token).not.toContain(nonce.slice(0, 20));
  });

  it('R05: is different at every step of a long chain, within one family', () => {
    const chain = Array.from({ length: 50 }).reduce<string[]>(
      (tokens) => [...tokens, succeedRefreshToken(parsed(tokens.at(-1) ?? '')).token],
      [create().token],
    );
    expect(new Set(chain).size).toBe(51);
    expect(new Set(chain.map((token) => parsed(token).digests.family)).size).toBe(1);
  });
});
