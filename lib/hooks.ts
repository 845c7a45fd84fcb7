import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Function as LambdaFunction } from 'aws-cdk-lib/aws-lambda';
import { ENV } from '../lambdas/shared/env-names.ts';
import type { BeforeSendOptions, HookOptions } from './hook-props.ts';

/** Grants the construct's functions what they need to ask the operator's. */
export class Hooks {
  readonly #options: HookOptions;

  constructor(options: HookOptions) {
    this.#options = options;
  }

  /** Whether a function of this deployment asks another one. */
  get any(): boolean {
    return this.#options.beforeSend !== undefined || this.#options.profileSource !== undefined;
  }

  /** Lets a function that sends ask about messages. Does nothing without a hook. */
  grantBeforeSend(fn: LambdaFunction): void {
    const { beforeSend } = this.#options;
    if (beforeSend !== undefined) grantAsk(fn, beforeSend);
  }

  /** Lets a function that stores profiles know of a source. Does nothing without one. */
  tellOfProfileSource(fn: LambdaFunction): void {
    const { profileSource } = this.#options;
    if (profileSource === undefined) return;
    fn.addEnvironment(ENV.profileSourceTtlSeconds, String(profileSource.ttlSeconds));
  }

  /** Lets a function that reads profiles ask for them. Does nothing without a source. */
  grantProfileSource(fn: LambdaFunction): void {
    const { profileSource } = this.#options;
    if (profileSource === undefined) return;
    const { handler, timeoutMs, ttlSeconds } = profileSource;
    grantInvoke(fn, handler.functionArn);
    fn.addEnvironment(ENV.profileSourceFunction, handler.functionArn);
    fn.addEnvironment(ENV.profileSourceTimeoutMs, String(timeoutMs));
    fn.addEnvironment(ENV.profileSourceTtlSeconds, String(ttlSeconds));
  }

  /** The same for the function that sends for other services of the account. */
  grantBeforeServiceEvents(fn: LambdaFunction): void {
    if (this.#options.beforeSend?.serviceEvents === true) this.grantBeforeSend(fn);
  }
}

function grantAsk(fn: LambdaFunction, { handler, timeoutMs, onFailure }: BeforeSendOptions): void {
  grantInvoke(fn, handler.functionArn);
  fn.addEnvironment(ENV.beforeSendFunction, handler.functionArn);
  fn.addEnvironment(ENV.beforeSendTimeoutMs, String(timeoutMs));
  fn.addEnvironment(ENV.beforeSendOnFailure, onFailure);
}

/** This version or alias only: the CDK's own `grantInvoke` allows all. */
function grantInvoke(fn: LambdaFunction, functionArn: string): void {
  fn.addToRolePolicy(new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [functionArn] }));
}
