import './boot/require-node.ts';

export { createFieldgate, type Fieldgate } from './boot/fieldgate.ts';
export { ConfigError } from './config/config.ts';
export { StartError } from './domain/start-error.ts';
export { SigningKeysError } from './services/signing-keys.ts';
