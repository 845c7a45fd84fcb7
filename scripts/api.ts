/** Writes docs/api/openapi.json and docs/api/asyncapi.json from the schemas and types in `protocol/`: `npm run api`. */
import { writeFileSync } from 'node:fs';
import { apiDocuments } from './api/documents.ts';

for (const [path, text] of Object.entries(apiDocuments())) writeFileSync(path, text);
