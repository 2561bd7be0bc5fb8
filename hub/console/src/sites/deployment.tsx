import type { infrastructure } from '@roundhouse/sdk';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { Confirm, useAct } from '../forms.js';
import { hub } from '../hub.js';
import { useMay } from '../session.js';
import { Failure, Moment, number, Page } from '../ui.js';
import { AGAIN_MS, Conditions, type Place, Pods, Trail } from './kubernetes.js';

const { kubernetes } = hub.infrastructure;

export default function DeploymentPage({ name, ...place }: Place & { readonly name: string }) {
  const may = useMay();
  const { cluster, namespace } = place;
  const { data: deployment, error } = useQuery({
    queryKey: ['deployment', cluster, namespace, name],
    queryFn: ({ signal }) => kubernetes.getDeployment(cluster, namespace, name, { signal }),
    refetchInterval: AGAIN_MS,
  });
  if (!deployment) return <Page title={name}>{error ? <Failure error={error} /> : <p>Loading …</p>}</Page>;
  const { replicas, available_replicas, updated_replicas, strategy, paused, images, conditions } = deployment;
  return (
    <Page title={name} actions={may('cluster.operate') && <Restart place={place} deployment={deployment} />}>
      <Trail place={place} />
      {error && <Failure error={error} />}
      <p role="status">
        {number(available_replicas)} of {number(replicas)} replicas are available, {number(updated_replicas)} are up to
        date.
        {paused && ' Its rollout is paused.'}
      </p>
      <p>
        {images.join(', ')} · {strategy} · made <Moment at={deployment.created_at} />
      </p>
      {may('cluster.operate') && <Scale place={place} deployment={deployment} />}
      <h2>Pods</h2>
      <Pods place={place} labels={deployment.selector} />
      <Conditions conditions={conditions} />
    </Page>
  );
}

function Restart(props: { readonly place: Place; readonly deployment: infrastructure.GetDeploymentResult }) {
  const { cluster, namespace } = props.place;
  const { name, paused } = props.deployment;
  const restart = useAct(() => kubernetes.restartDeployment(cluster, namespace, name), 'deployment', 'pods');
  return (
    <div className="actions">
      <Confirm
        action="Restart"
        subject={`${name} in ${namespace}`}
        isPending={restart.isPending || paused}
        onConfirm={() => restart.mutate(undefined)}
      />
      {restart.isSuccess && <output>The cluster replaces its pods.</output>}
      {restart.error && <Failure error={restart.error} />}
    </div>
  );
}

function Scale(props: { readonly place: Place; readonly deployment: infrastructure.GetDeploymentResult }) {
  const { cluster, namespace } = props.place;
  const { name, replicas } = props.deployment;
  const [typed, setTyped] = useState<string>();
  const wanted = Number(typed ?? replicas);
  const isNew = typed !== '' && Number.isSafeInteger(wanted) && wanted >= 0 && wanted !== replicas;
  const scale = useAct(
    (count: number) => kubernetes.scaleDeployment(cluster, namespace, name, { replicas: count }),
    'deployment',
    'deployments',
    'pods',
  );
  return (
    <div className="actions">
      <label>
        Replicas
        <input
          type="number"
          min={0}
          step={1}
          value={typed ?? replicas}
          onChange={(event) => setTyped(event.target.value)}
        />
      </label>
      <Confirm
        key={`${replicas} ${wanted}`}
        action="Scale"
        subject={`${name} in ${namespace} from ${number(replicas)} to ${isNew ? number(wanted) : '…'} replicas`}
        isPending={scale.isPending || !isNew}
        onConfirm={() => scale.mutate(wanted, { onSuccess: () => setTyped(undefined) })}
      />
      {scale.error && <Failure error={scale.error} />}
    </div>
  );
}
