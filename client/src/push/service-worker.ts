/** The part of a `ServiceWorkerRegistration` that this SDK uses. */
export interface PushServiceWorker {
  /** The addresses whose pages it controls. */
  readonly scope: string;
  /** The worker that runs, if one does. */
  readonly active: object | null;
  /** The worker that is being installed, if one is. */
  readonly installing: PushWorker | null;
  /** The worker that waits for the active one to end, if one does. */
  readonly waiting: PushWorker | null;
  /** Its subscription. */
  readonly pushManager: {
    getSubscription(): Promise<PushSubscriptionLike | null>;
    subscribe(options: {
      userVisibleOnly: boolean;
      applicationServerKey: string;
    }): Promise<PushSubscriptionLike>;
  };
}

/** The part of a `ServiceWorker` that this SDK uses. */
export interface PushWorker {
  /** `activated` once it runs. */
  readonly state: string;
  /** Calls `listener` on each change of `state`. */
  addEventListener(name: 'statechange', listener: () => void): void;
}

/** The part of a `PushSubscription` that this SDK uses. */
export interface PushSubscriptionLike {
  /** Where the server posts. */
  readonly endpoint: string;
  /** The key that it was made with. */
  readonly options: { readonly applicationServerKey: ArrayBuffer | null };
  /** What the server needs. */
  toJSON(): { readonly keys?: Record<string, string> };
  /** Ends it. */
  unsubscribe(): Promise<boolean>;
}
