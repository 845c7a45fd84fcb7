import { partsOfName } from './parts-of-name.ts';

/**
 * The name of a file in one line: cut in the middle, so that the extension is visible. Each part is isolated, and the
 * extension comes last whatever the direction of the letters: `gpj.exe` can't look like `exe.jpg`.
 */
export function FileName({ name }: { readonly name: string }) {
  const { start, end } = partsOfName(name);
  return (
    <>
      {/* The parts would be read with a pause between them. */}
      <bdi className="visually-hidden">{name}</bdi>
      <span className="file-name" dir="ltr" title={name} aria-hidden="true">
        <bdi className="file-name-start">{start}</bdi>
        {end !== '' && (
          <bdi className="file-name-end" dir="ltr">
            {end}
          </bdi>
        )}
      </span>
    </>
  );
}
