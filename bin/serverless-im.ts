import { Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { runApp } from './app.ts';

runApp((app) => Validations.of(app).addPlugins(new AwsSolutionsChecks(app)));
