export { createFieldgate, type Fieldgate } from './boot/fieldgate.ts';
export { ConfigError } from './config/config.ts';
export { SigningKeysError } from './services/signing-keys.ts';
