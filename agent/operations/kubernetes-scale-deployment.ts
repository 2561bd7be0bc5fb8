import type { Kubernetes } from '../drivers/kubernetes/kubernetes.js';
import { json } from './json.js';
import type { Operation } from './operation.js';

/** Scales a deployment, and waits until that is done, where it is asked to. */
export function scaleDeployment(kubernetes: Kubernetes): Operation<'scaleDeployment'> {
  return {
    name: 'scaleDeployment',
    async run(asked, context) {
      const tell = (done: object): void => context.progress(Buffer.from(JSON.stringify(done)));
      return json(await kubernetes.scaleDeployment(asked, tell, context.signal));
    },
  };
}
