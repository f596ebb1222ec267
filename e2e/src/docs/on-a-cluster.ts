import type { Room } from '../../k8s/docs-room.ts';
import type { Step } from './step.ts';

const STARTED = 'docs/getting-started.md';
const INSTALLING = 'docs/installing.md';

/** In this order: installed, upgraded and removed as one document says, then as the next. */
export const ON_A_CLUSTER: readonly Step<Room>[] = [
  { document: INSTALLING, begins: 'kubectl create namespace', shows: /STATUS: deployed/ },
  { document: INSTALLING, begins: 'helm upgrade', shows: /REVISION: 2/ },
  { document: INSTALLING, begins: 'helm install … --set image', shows: /REGISTRY.*0\.1\.0/ },
  { document: INSTALLING, begins: 'helm install … --set rbac', shows: /STATUS: pending-install/ },
  { document: INSTALLING, begins: 'kubectl -n streamcluster-system create rolebinding' },
  {
    ...{ document: INSTALLING, begins: 'kubectl -n streamcluster-system create secret' },
    before: (room) => room.write('nats.creds'),
    shows: /NATS at tls:\/\/nats\.example\.com:4222 is yours/,
  },
  {
    document: 'docs/console.md',
    begins: 'kubectl --namespace streamcluster-system port',
    shows: /operator has 8088/,
  },
  {
    ...{ document: 'docs/console.md', begins: 'kubectl --namespace streamcluster-system create' },
    shows: /REVISION: 3/,
  },
  {
    ...{ document: INSTALLING, begins: 'kubectl delete streamclusters' },
    before: (room) => room.makeOperatorsOwn(),
    shows: /streamclusters\.streamcluster\.dev" deleted/,
  },
  { document: STARTED, begins: 'helm install', shows: /successfully rolled out/ },
  { document: STARTED, begins: 'kubectl apply -f -', shows: /live +3 +3 .*Ready/ },
  { document: STARTED, begins: 'kubectl port-forward', shows: /live has 1935 8080/ },
  { document: STARTED, begins: 'openssl rand -hex 32 >publish-key', shows: /live patched/ },
  { document: 'docs/access.md', begins: 'openssl genrsa' },
  {
    ...{ document: 'docs/access.md', begins: 'kubectl create secret' },
    before: (room) => room.deleteSecret('live-access'),
  },
  {
    ...{ document: 'docs/tls.md', begins: 'kubectl create secret tls' },
    before: (room) => room.makeCertificate(),
  },
  { document: 'docs/scaling.md', begins: 'kubectl annotate', shows: /live annotated/ },
  { document: 'docs/streamcluster.md', begins: 'kubectl patch', shows: /live patched/ },
  { document: 'docs/plugin.md', begins: 'make plugin', shows: /API server/i },
  {
    ...{ document: 'README.md', begins: 'helm install' },
    before: (room) => room.uninstall(),
    shows: /autoscaling +3 +3 .*Ready/,
  },
  {
    ...{ document: INSTALLING, begins: 'kubectl apply --server-side' },
    before: (room) => room.uninstall(),
    shows: /deployment\.apps\/streamcluster-operator serverside-applied/,
  },
];
