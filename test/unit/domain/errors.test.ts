import { expect, it } from 'vitest';
import { errorTable } from '../../../src/domain/errors.ts';

it('every message may stand in an error_description, every word in an error (RFC 6749 §5.2)', () => {
  for (const [code, { message, oauth }] of Object.entries(errorTable)) {
    expect(message, code).toMatch(/^[\x20-\x21\x23-\x5b\x5d-\x7e]+$/);
    expect(oauth, code).toMatch(/^[a-z_]+$/);
  }
});
