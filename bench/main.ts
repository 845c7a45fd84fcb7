/** `npm run bench`. Imports nothing before the Node version is checked. */
const REQUIRED_NODE_MAJOR = 24;

if (Number(process.versions.node.split('.')[0]) < REQUIRED_NODE_MAJOR) {
  console.error(`This needs Node ${REQUIRED_NODE_MAJOR}: run \`npm run bench\`, which brings its own.`);
  process.exitCode = 1;
} else {
  process.env['TZ'] = 'UTC';
  const { main } = await import('./bench.ts');
  process.exitCode = await main(process.argv.slice(2));
}

export {};
