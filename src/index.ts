import './boot/require-node.ts';

export { batch } from '@fieldgate/guard';
export { createFieldgate, type Fieldgate, type FieldgateOptions } from './boot/fieldgate.ts';
export { ConfigError } from './config/config.ts';
export { defineConfig, type FieldgateConfig } from './config/define-config.ts';
export type {
  Account,
  ApiContext,
  ApiLog,
  ApiRequest,
  ServerAccounts,
  SetupDeps,
  ViewerAccounts,
} from './domain/api-context.ts';
export { refuse } from './domain/refuse.ts';
export { StartError } from './domain/start-error.ts';
export { SigningKeysError } from './services/signing-keys.ts';
