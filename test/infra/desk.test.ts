import { describe, expect, it } from 'vitest';
import { resource, resources, synthesize } from './synth.ts';

const { template } = synthesize();
const { template: without, chat } = synthesize({ desk: false });

describe('the desk', () => {
  it('has one table, by pk and sk, that outlives the stack', () => {
    const table = resource(template, 'AWS::DynamoDB::Table', 'StorageDesk');
    expect(table.DeletionPolicy).toBe('Retain');
    expect(table.Properties['KeySchema']).toEqual([
      { AttributeName: 'pk', KeyType: 'HASH' },
      { AttributeName: 'sk', KeyType: 'RANGE' },
    ]);
    expect(table.Properties).not.toHaveProperty('GlobalSecondaryIndexes');
  });

  it('can be left out, with its table, queue, functions, routes, and alarms (option desk)', () => {
    expect(chat.desk).toBeUndefined();
    const types = [
      'AWS::DynamoDB::Table',
      'AWS::SQS::Queue',
      'AWS::Lambda::Function',
      'AWS::Lambda::EventSourceMapping',
      'AWS::ApiGatewayV2::Route',
      'AWS::CloudWatch::Alarm',
      'AWS::Logs::MetricFilter',
    ];
    for (const type of types) {
      const left = resources(without, type).filter(({ logicalId }) => logicalId.includes('Desk'));
      expect(left).toEqual([]);
      expect(resources(template, type).length).toBeGreaterThan(resources(without, type).length);
    }
    expect(JSON.stringify(without.toJSON())).not.toMatch(/desk\.open|\/desk\/|DESK_/);
  });
});
