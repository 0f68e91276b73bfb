import { request } from 'node:http';
import { describe, expect, test } from 'vitest';
import { createFieldgate } from '../../src/boot/fieldgate.ts';
import { temporaryFolder } from '../support/process.ts';
import { goodPassword, newEmail, startServer, type TestServer } from '../support/server.ts';

const mutation = (): string =>
  `mutation { signup(input: { email: "${newEmail()}", password: "${goodPassword}" }) { session { ip } } }`;

/** The address that a session records which begins with these headers. */
const addressSeen = async (server: TestServer, headers: Record<string, string | string[]>): Promise<string> => {
  const answer = JSON.parse(await post(`${server.url}/graphql`, headers));
  return answer.data.signup.session.ip;
};

const post = (url: string, headers: Record<string, string | string[]>): Promise<string> =>
  new Promise((resolve, reject) => {
    const sent = request(
      url.replace('localhost', '127.0.0.1'),
      { method: 'POST', headers: { 'content-type': 'application/json', ...headers } },
      async (response) => resolve((await response.toArray()).join('')),
    );
    sent.on('error', reject).end(JSON.stringify({ query: mutation() }));
  });

describe('the address of a client', () => {
  test('P16: without trusted proxies the address is that of the connection, whatever the headers say', async () => {
    const server = await startServer();
    for (const name of [
      'x-forwarded-for',
      'forwarded',
      'x-real-ip',
      'cf-connecting-ip',
      'true-client-ip',
      'x-client-ip',
    ]) {
      expect(await addressSeen(server, { [name]: '203.0.113.7' }), name).toBe('127.0.0.1');
    }
  });

  test('P16: with trusted proxies the address is the last one that a trusted proxy did not write', async () => {
    const server = await startServer({ TRUSTED_PROXIES: 'loopback, 10.0.0.0/8, 2001:db8:ffff::/48' });
    const seen = (forwarded: string | string[]) => addressSeen(server, { 'x-forwarded-for': forwarded });
    expect(await addressSeen(server, {})).toBe('127.0.0.1');
    expect(await seen('203.0.113.7')).toBe('203.0.113.7');
    expect(await seen('198.51.100.1, 203.0.113.7, 10.1.2.3')).toBe('203.0.113.7');
    expect(await seen('203.0.113.7, 2001:db8:ffff::8')).toBe('203.0.113.7');
    expect(await seen(['198.51.100.1', '203.0.113.7'])).toBe('203.0.113.7');
    expect(await seen('198.51.100.1, not an address, 10.1.2.3')).toBe('10.1.2.3');
    expect(await seen('203.0.113.7:4711')).toBe('203.0.113.7');
    expect(await addressSeen(server, { forwarded: 'for=203.0.113.7', 'x-real-ip': '203.0.113.7' })).toBe('127.0.0.1');
  });

  test('P16: an address has one spelling', async () => {
    const server = await startServer({ TRUSTED_PROXIES: 'loopback' });
    const seen = (forwarded: string) => addressSeen(server, { 'x-forwarded-for': forwarded });
    expect(await seen('2001:0DB8:0:0:0:0:0:1')).toBe('2001:db8::1');
    expect(await seen('[2001:db8::1]:4711')).toBe('2001:db8::1');
    expect(await seen('fe80::1%eth0')).toBe('fe80::1');
    expect(await seen('::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(await seen('::ffff:cb00:7107')).toBe('203.0.113.7');
  });

  test('P16: with `fetch` the address is the one that the host passes', async () => {
    const fieldgate = await createFieldgate({ env: { DATA_DIR: temporaryFolder(), LOG_LEVEL: 'silent' } });
    const answer = await fieldgate.fetch(
      new Request('http://localhost/graphql', {
        method: 'POST',
        headers: { 'content-type': 'application/json', 'x-forwarded-for': '198.51.100.1' },
        body: JSON.stringify({ query: mutation() }),
      }),
      { ip: '::ffff:203.0.113.7' },
    );
    expect((await answer.json()).data.signup.session.ip).toBe('203.0.113.7');
    await fieldgate.close();
  });
});

test.each(['10.0.0.0/0', '0.0.0.0/0', '::/0', '10.0.0.0/33', '*', 'true', '1', 'proxy.example.com', '10.0.0.1,', ','])(
  'TRUSTED_PROXIES=%s stops the start',
  async (proxies) => {
    await expect(createFieldgate({ env: { DATA_DIR: temporaryFolder(), TRUSTED_PROXIES: proxies } })).rejects.toThrow(
      /TRUSTED_PROXIES must be/,
    );
  },
);
