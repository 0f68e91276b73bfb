import { expect, it } from 'vitest';
import { errorTable } from '../../../src/domain/errors.ts';

it('every message is a valid error_description, every OAuth code a valid error (RFC 6749 §5.2)', () => {
  for (const [code, { message, oauth }] of Object.entries(errorTable)) {
    expect(message, code).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(oauth, code).toMatch(/^[a-z_]+$/);
  }
});
