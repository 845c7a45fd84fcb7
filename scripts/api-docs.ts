/** Builds the reference that the local runtime serves under `/docs`: `node scripts/api-docs.ts FOLDER`. */
import { buildApiDocs } from './api-docs/build.ts';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder to build into.');
buildApiDocs(folder);
