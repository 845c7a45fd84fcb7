/** `npm run bench`. Nothing is imported before it is known that this Node can. */
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
