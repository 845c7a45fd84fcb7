import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The project with the longest file first: otherwise that file would run alone at the end, on one of the cores. */
const PROJECTS = ['proof', 'web', 'flow', 'emulator', 'infra', 'docs', 'client', 'unit'];

/** One project after another, so that a worker keeps a project's modules. Within each, the files that took longest first. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const place = ({ project }: TestSpecification) => PROJECTS.indexOf(project.name);
    return (await super.sort(files)).sort((a, b) => place(a) - place(b));
  }
}
