import type { Deployment } from './deployment.ts';
import type { Person } from './person.ts';

type Name = 'alice' | 'bob' | 'eve';

/** What the checks have in common. */
export class World {
  readonly deployment: Deployment;
  /** Begins the ids of its users, which no other run has. */
  readonly run = `verify-${Date.now().toString(36)}`;
  readonly people: Partial<Record<Name, Person>> = {};
  groupId = '';

  constructor(deployment: Deployment) {
    this.deployment = deployment;
  }

  get alice(): Person {
    return this.#person('alice');
  }

  get bob(): Person {
    return this.#person('bob');
  }

  /** Belongs to no conversation of the others. */
  get eve(): Person {
    return this.#person('eve');
  }

  #person(name: Name): Person {
    const person = this.people[name];
    if (person === undefined) throw new Error(`${name} has not signed in`);
    return person;
  }

  end(): void {
    for (const { im } of Object.values(this.people)) im.close();
  }
}
