/** Begins a bundle of modules: CommonJS packages in it call `require` for what Node has. */
export const REQUIRE =
  "import { createRequire } from 'node:module'; const require = createRequire(import.meta.url);";
