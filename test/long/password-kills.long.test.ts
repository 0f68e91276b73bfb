import { expect, it } from 'vitest';
import { freePort, send, spawnServer, temporaryFolder, whenListening } from '../support/process.ts';

/** A few in every run; `KILLS=50 npx vitest run test/long/password-kills.long.test.ts` for a thorough one. */
const kills = Number(process.env['KILLS'] ?? 8);
const fields = '{ accessToken refreshToken user { email } }';
const signup = `mutation ($email: String!, $password: String!) { signup(input: { email: $email, password: $password }) ${fields} }`;
const login = `mutation ($email: String!, $password: String!) { login(input: { email: $email, password: $password }) ${fields} }`;
const refresh = `mutation ($refreshToken: String!) { refresh(input: { refreshToken: $refreshToken }) ${fields} }`;
const change = `mutation ($password: String!, $newPassword: String!) {
  changePassword(input: { currentPassword: $password, newPassword: $newPassword }) ${fields}
}`;
const [password, newPassword] = ['a quiet lamp over nine stairs', 'another lamp over seven stairs'];

it(`R15 a new password in an embedded database is in force with the end of the other sessions, or not at all, over ${kills} kills`, {
  timeout: 600_000,
}, async () => {
  const env = { DATA_DIR: temporaryFolder(), PORT: String(await freePort()), LOG_LEVEL: 'error' };
  for (let round = 0; round < kills; round += 1) {
    const email = `kill${round}@example.com`;
    const server = spawnServer(env);
    await whenListening(server);
    const own = (await send(server.url, signup, { email, password })).data.signup;
    const other = (await send(server.url, login, { email, password })).data.login;
    const answered = send(server.url, change, { password, newPassword }, own.accessToken);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 400));
    server.child.kill('SIGKILL');
    await server.exit;
    const isAcknowledged = Boolean((await answered)?.data?.changePassword);

    const next = spawnServer(env);
    await whenListening(next);
    const signsIn = async (by: string) => Boolean((await send(next.url, login, { email, password: by })).data?.login);
    const isInForce = await signsIn(newPassword);
    expect(await signsIn(password)).toBe(!isInForce);
    if (isAcknowledged) expect(isInForce).toBe(true);
    const answer = await send(next.url, '{ me { email } }', {}, other.accessToken);
    expect(answer.errors?.[0].extensions.reason ?? 'accepted').toBe(isInForce ? 'TOKEN_REVOKED' : 'accepted');
    expect(Boolean((await send(next.url, refresh, other)).data?.refresh)).toBe(!isInForce);
    next.child.kill('SIGTERM');
    await next.exit;
  }
});
