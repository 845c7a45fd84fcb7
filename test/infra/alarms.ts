import type { Template } from 'aws-cdk-lib/assertions';
import { resources } from './synth.ts';

export interface MetricInAlarm {
  readonly MetricName: string;
  readonly Namespace: string;
  readonly Dimensions?: readonly { readonly Name: string; readonly Value: unknown }[];
}

interface AlarmProperties extends Partial<MetricInAlarm> {
  readonly AlarmDescription: string;
  readonly Threshold: number;
  readonly DatapointsToAlarm?: number;
  readonly EvaluationPeriods: number;
  readonly Period?: number;
  readonly Statistic?: string;
  readonly Metrics?: readonly {
    readonly Expression?: string;
    readonly MetricStat?: { readonly Metric: MetricInAlarm; readonly Period: number; readonly Stat: string };
  }[];
}

export interface AlarmInTemplate {
  /** Its id in lib/observability.ts. */
  readonly name: string;
  readonly properties: AlarmProperties;
  readonly metrics: readonly MetricInAlarm[];
}

export function alarmsIn(template: Template): readonly AlarmInTemplate[] {
  return resources(template, 'AWS::CloudWatch::Alarm').map(({ logicalId, Properties }) => {
    const properties = Properties as unknown as AlarmProperties;
    const [, name = logicalId] = /^ChatObservability(\w+)[0-9A-F]{8}$/.exec(logicalId) ?? [];
    return { name, properties, metrics: metricsOf(properties) };
  });
}

function metricsOf({ MetricName, Namespace, Dimensions, Metrics = [] }: AlarmProperties): MetricInAlarm[] {
  if (MetricName !== undefined && Namespace !== undefined) {
    return [{ MetricName, Namespace, ...(Dimensions && { Dimensions }) }];
  }
  return Metrics.flatMap(({ MetricStat }) => (MetricStat === undefined ? [] : [MetricStat.Metric]));
}

export function alarmNamed(name: string, alarms: readonly AlarmInTemplate[]): AlarmInTemplate {
  const found = alarms.filter((alarm) => alarm.name === name);
  const [only] = found;
  if (only === undefined || found.length > 1) throw new Error(`${found.length} alarms "${name}"`);
  return only;
}

/** The resource of a metric's first dimension; '' without dimensions. */
export function resourceOf({ Dimensions }: MetricInAlarm): string {
  const value = Dimensions?.[0]?.Value as { Ref?: string; 'Fn::GetAtt'?: readonly string[] } | undefined;
  return value?.Ref ?? value?.['Fn::GetAtt']?.[0] ?? '';
}
