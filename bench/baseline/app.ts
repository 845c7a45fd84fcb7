import { App } from 'aws-cdk-lib';
import { BaselineStack } from './baseline-stack.ts';

new BaselineStack(new App(), 'Baseline');
