import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';

/** The page reads the stack's addresses from `config.json` beside it, so one build serves every stack. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // The SDK's source in this repository, so that it needs no build.
  resolve: { conditions: ['serverless-im-source', ...defaultClientConditions] },
  build: {
    target: 'baseline-widely-available',
    // The content security policy forbids `data:` URLs.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
