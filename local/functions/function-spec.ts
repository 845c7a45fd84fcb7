import { devNull } from 'node:os';
import type { FunctionModel } from '../model.ts';
import { PACKAGE_DIRECTORY } from '../package-directory.ts';
import { ACCOUNT_ID, functionArn, REGION } from '../stack/identifiers.ts';
import type { WorkerSetup } from './messages.ts';

/** Everything that an instance of a function needs, computed once. */
export interface FunctionSpec {
  readonly functionId: string;
  readonly functionName: string;
  readonly timeoutSeconds: number;
  readonly reservedConcurrency: number | undefined;
  readonly environment: Readonly<Record<string, string>>;
  readonly setup: Omit<WorkerSetup, 'gate' | 'clockOffsetMs'>;
}

/**
 * A function's environment as in Lambda: the reserved variables, then those of the runtime (endpoints), then the
 * template's. Nothing is inherited from the parent process.
 * @param projectDirectory whose `node_modules` has the AWS SDK as the app uses it. @default - this package's
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 */
export function functionSpec(
  model: FunctionModel,
  added: Readonly<Record<string, string>>,
  projectDirectory: string = PACKAGE_DIRECTORY,
): FunctionSpec {
  const functionName = model.name;
  const environment = {
    // Says in a link which function has signed it.
    AWS_ACCESS_KEY_ID: model.logicalId,
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ACCOUNT_ID: ACCOUNT_ID,
    // Otherwise the SDK would read region and profile from the developer's own files.
    AWS_CONFIG_FILE: devNull,
    AWS_SHARED_CREDENTIALS_FILE: devNull,
    AWS_EC2_METADATA_DISABLED: 'true',
    AWS_DEFAULT_REGION: REGION,
    AWS_EXECUTION_ENV: 'AWS_Lambda_nodejs24.x',
    AWS_LAMBDA_FUNCTION_MEMORY_SIZE: String(model.memoryMegabytes),
    AWS_LAMBDA_FUNCTION_NAME: functionName,
    AWS_LAMBDA_FUNCTION_VERSION: '$LATEST',
    AWS_LAMBDA_INITIALIZATION_TYPE: 'on-demand',
    AWS_LAMBDA_LOG_GROUP_NAME: `/aws/lambda/${functionName}`,
    AWS_REGION: REGION,
    LAMBDA_RUNTIME_DIR: '/var/runtime',
    LAMBDA_TASK_ROOT: model.codeDirectory,
    LANG: 'en_US.UTF-8',
    TZ: ':UTC',
    _HANDLER: model.handler,
    ...added,
    ...model.environment,
  };
  return {
    functionId: model.logicalId,
    functionName,
    timeoutSeconds: model.timeoutSeconds,
    reservedConcurrency: model.reservedConcurrency,
    environment,
    setup: {
      codeDirectory: model.codeDirectory,
      layerDirectories: model.layerDirectories ?? [],
      sdkDirectories: [projectDirectory, PACKAGE_DIRECTORY],
      handler: model.handler,
      functionName,
      functionArn: functionArn(functionName),
      memoryMegabytes: model.memoryMegabytes,
    },
  };
}
