import type { FileData } from '@serverless-im/client';
import { useLayoutEffect, useState } from 'react';

/** An address for a file of this device, as long as the component needs it: it keeps the file in memory. */
export function useLocalUrl(file: FileData | undefined): string | undefined {
  const [url, setUrl] = useState<string>();
  useLayoutEffect(() => {
    if (!(file instanceof Blob)) return;
    const made = URL.createObjectURL(file);
    setUrl(made);
    return () => {
      setUrl(undefined);
      URL.revokeObjectURL(made);
    };
  }, [file]);
  return url;
}
