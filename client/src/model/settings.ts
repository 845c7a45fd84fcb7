/** A user's own settings of a conversation. */
export interface ConversationSettings {
  /** True: no notifications. A number: none until then, in epoch milliseconds by the server's clock. */
  readonly muted?: boolean | number;
  /** Out of the way, until a new message brings it back, unless it is muted. */
  readonly archived?: boolean;
  /** Kept at the top of the list. */
  readonly pinned?: boolean;
  /** The messages that notify: all, those that mention the user, or none. */
  readonly notify?: 'all' | 'mentions' | 'none';
}
