import type { NextConfig } from 'next';

// Next's badge would cover the field for messages.
const config: NextConfig = { devIndicators: false };

export default config;
