/** Whether a drag brings files. A text that is dragged is the browser's matter. */
export function hasFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes('Files') === true;
}

/** The files that were dropped; a folder is none. */
export function droppedFiles({ items, files }: DataTransfer): readonly File[] {
  const folders = [...items].map((item) => item.webkitGetAsEntry?.()?.isDirectory === true);
  return [...files].filter((_, index) => folders[index] !== true);
}

/** The files that were pasted. Office programs put a picture of a text beside the text, which is what is meant. */
export function pastedFiles({ files, types }: DataTransfer): readonly File[] {
  return types.includes('text/plain') ? [] : [...files];
}

/** A file that is dropped anywhere else would replace the page. */
export function keepPageOnDrop(): void {
  for (const name of ['dragover', 'drop'] as const)
    addEventListener(name, (event) => {
      if (!hasFiles(event.dataTransfer) || event.defaultPrevented) return;
      event.preventDefault();
      if (event.dataTransfer !== null) event.dataTransfer.dropEffect = 'none';
    });
}
