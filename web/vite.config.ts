import { fileURLToPath } from 'node:url';
import { defaultClientConditions, defineConfig } from 'vite';

/** The page is files only: where the chat is, it asks `config.json` beside it, so one build serves every stack. */
export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  base: './',
  // The SDK as it stands in this repository, without a build of its own.
  resolve: { conditions: ['serverless-im-source', ...defaultClientConditions] },
  build: {
    target: 'baseline-widely-available',
    // The content security policy allows no data: scripts or styles, and a file more is no cost.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
});
