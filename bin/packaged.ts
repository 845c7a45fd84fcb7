/** The app as the published package runs it on one machine: the rules of cdk-nag are the repository's business. */
import { runApp } from './app.ts';

runApp();
