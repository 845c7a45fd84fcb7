/** The product's logo. */
export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" fill="var(--accent)" />
      <path
        d="M9 10.5A2.5 2.5 0 0 1 11.5 8h9A2.5 2.5 0 0 1 23 10.5v7a2.5 2.5 0 0 1-2.5 2.5H15l-4.200 3.600a.5.5 0 0 1-.8-.4V20a2.5 2.5 0 0 1-1-2.5z"
        fill="var(--on-accent)"
      />
    </svg>
  );
}
