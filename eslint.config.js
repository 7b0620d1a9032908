import tseslint from 'typescript-eslint';
import { folderOrder } from './lint/folder-order.ts';
import { noStoredPromise } from './lint/no-stored-promise.ts';

export default tseslint.config(
  { ignores: ['node_modules/', 'dist/'] },
  ...tseslint.configs.recommendedTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', 'bin/*.js'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/no-floating-promises': 'error',
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', ignoreRestSiblings: true }],
    },
  },
  {
    files: ['src/**'],
    plugins: { folders: { rules: { order: folderOrder } } },
    rules: { 'folders/order': 'error' },
  },
  {
    // A workflow runs in a sandbox and is replayed: nothing of the outside may reach it.
    files: ['src/workflows/**'],
    plugins: { workflow: { rules: { 'no-stored-promise': noStoredPromise } } },
    rules: {
      'workflow/no-stored-promise': 'error',
      '@typescript-eslint/no-restricted-imports': [
        'error',
        {
          patterns: [
            {
              group: ['node:*', 'fs', 'path', 'crypto', 'os', 'timers', 'timers/*'],
              message: 'workflows run in a sandbox without Node',
            },
            {
              group: ['@temporalio/{activity,client,worker}', '@kubernetes/client-node'],
              message: 'workflows import types only',
              allowTypeImports: true,
            },
          ],
        },
      ],
    },
  },
  {
    // node:test registers a test by calling it: its promise is the runner's.
    files: ['test/**'],
    rules: {
      '@typescript-eslint/no-floating-promises': [
        'error',
        {
          allowForKnownSafeCalls: [
            {
              from: 'package',
              package: 'node:test',
              name: ['test', 'it', 'describe', 'suite', 'before', 'after', 'beforeEach', 'afterEach'],
            },
          ],
        },
      ],
    },
  },
);
