import { recordOf } from '../json.ts';
import type { ScanModel } from '../model.ts';
import { functionArn } from './identifiers.ts';
import type { ResolvedApp } from './resources.ts';
import { type Resource, reader } from './template.ts';

const PLAN = 'AWS::GuardDuty::MalwareProtectionPlan';
const RESULT = 'GuardDuty Malware Protection Object Scan Result';

/** The scans of buckets that a stand-in makes, and a warning for each. */
export function scanModels(
  app: ResolvedApp,
  functionIds: ReadonlyMap<string, string>,
): { readonly models: readonly ScanModel[]; readonly warnings: readonly string[] } {
  const plans = app.ofType(PLAN);
  if (plans.length === 0) return { models: [], warnings: [] };
  const targets = app.ofType('AWS::Events::Rule').filter(isForResults).flatMap(targetsOf);
  const found = [...functionIds].filter(([name]) => targets.includes(functionArn(name)));
  return {
    models: plans.flatMap((plan) => found.map(([, functionId]) => ({ ...protectedIn(plan), functionId }))),
    warnings: plans.map(
      ({ logicalId }) =>
        `${logicalId} (${PLAN}) can't scan on one machine: files are sent unscanned, but for the EICAR test file.`,
    ),
  };
}

function isForResults(rule: Resource): boolean {
  const types = reader(rule).record('EventPattern')['detail-type'];
  return Array.isArray(types) && types.includes(RESULT);
}

function targetsOf(rule: Resource): readonly string[] {
  return reader(rule)
    .list('Targets')
    .map((target) => String(recordOf(target)['Arn']));
}

function protectedIn(plan: Resource) {
  const { BucketName: bucketName, ObjectPrefixes: prefixes = [''] } = recordOf(
    reader(plan).record('ProtectedResource')['S3Bucket'],
  );
  return { bucketName: String(bucketName), prefixes: Array.isArray(prefixes) ? prefixes.map(String) : [''] };
}
