// biome-ignore lint/suspicious/noExplicitAny: a test reads what it expects to be there
export type Json = any;
