import type { Template } from 'aws-cdk-lib/assertions';
import { describe, expect, it } from 'vitest';
import { functionNameOf, resource, resources, synthesize } from './synth.ts';

const { template } = synthesize();
const { template: without, chat } = synthesize({ desk: false });

describe('the desk', () => {
  it('has one table, by pk and sk, that outlives the desk, and whose generated name a later desk does not meet', () => {
    const table = resource(template, 'AWS::DynamoDB::Table', 'StorageDesk');
    expect(table.DeletionPolicy).toBe('RetainExceptOnCreate');
    expect(table.Properties).not.toHaveProperty('TableName');
    expect(table.Properties['KeySchema']).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(table.Properties).not.toHaveProperty('GlobalSecondaryIndexes');
  });

  it('can be left out, with its table, queue, function, routes, and alarms (option desk)', () => {
    expect(chat.desk).toBeUndefined();
    expect(chat.functions.matchDesk).toBeUndefined();
    const types = [
      'AWS::DynamoDB::Table',
      'AWS::SQS::Queue',
      'AWS::Lambda::Function',
      'AWS::Lambda::EventSourceMapping',
      'AWS::ApiGatewayV2::Route',
      'AWS::ApiGatewayV2::RouteResponse',
      'AWS::CloudWatch::Alarm',
      'AWS::Logs::MetricFilter',
    ];
    for (const type of types) {
      const left = resources(without, type).filter(({ logicalId }) => /desk/i.test(logicalId));
      expect(left).toEqual([]);
      expect(resources(template, type).length).toBeGreaterThan(resources(without, type).length);
    }
    expect(JSON.stringify(without.toJSON())).not.toMatch(/desk\.open|\/desk\/|DESK_/);
  });

  it('needs one function of its own, and the other functions get its names by variables', () => {
    const variablesOf = (from: Template) =>
      resources(from, 'AWS::Lambda::Function').map(({ logicalId, Properties }) => {
        const { Variables } = Properties['Environment'] as { Variables: object };
        const ofDesk = Object.keys(Variables).filter((name) => name.startsWith('DESK_'));
        return [functionNameOf(logicalId), ofDesk.sort()] as const;
      });
    const known = variablesOf(template).filter(([, variables]) => variables.length > 0);
    expect(Object.fromEntries(known)).toEqual({
      Socket: ['DESK_QUEUES', 'DESK_QUEUE_URL', 'DESK_TABLE'],
      Http: ['DESK_QUEUES', 'DESK_QUEUE_URL', 'DESK_TABLE'],
      ServeEvents: ['DESK_QUEUE_URL'],
      Admin: ['DESK_QUEUE_URL'],
      RunTasks: ['DESK_QUEUE_URL', 'DESK_TABLE'],
      MatchDesk: ['DESK_AGENT_GRACE_SECONDS', 'DESK_QUEUE_URL', 'DESK_TABLE'],
    });
  });
});
