/** The prose of docs/streamcluster.md. e2e/k8s/crd-kubectl.test.ts does what it says. */
export const DOCS_HEAD = `# The StreamCluster resource

<!-- Generated from operator/src/api by "make generate". -->

The smallest one:

\`\`\`yaml
apiVersion: streamcluster.dev/v1alpha1
kind: StreamCluster
metadata: {name: live, namespace: default}
spec:
  fixed: {}
\`\`\`

Longer ones are in \`manifests/samples\`. Durations are in seconds. Unknown fields are refused, and null is the same as leaving a
field out. \`kubectl explain streamcluster.spec\` says what stands here.
`;

export const DOCS_TAIL = `## Scaling, and applying manifests again

\`kubectl scale streamcluster live --replicas=5\` and a HorizontalPodAutoscaler write \`fixed.replicas\`. Leave \`replicas\` out of a manifest
that is applied again and again, and what they wrote stays, with \`kubectl apply\` as with \`kubectl apply --server-side\`:

\`\`\`yaml
spec:
  fixed: {}
\`\`\`

With \`replicas\` in it, \`kubectl apply\` sets the number back each time, and server-side apply is refused with a conflict once
somebody has scaled. To take \`replicas\` out of a manifest:

- with \`kubectl apply\`, the number becomes 3, the default; scale again afterwards.
- with server-side apply, scale to another number first, which then stays. Without that, API servers refuse it with
  \`spec.fixed in body must be of type object: "null"\`: a group of which an apply takes the last field, and leaves it empty, is null to
  them. Elsewhere (\`worker.labels\` …) leave the group out.

With \`autoscaling\` the number follows the streams. \`kubectl scale\` is refused then, and \`/scale\` cannot be read: a
HorizontalPodAutoscaler needs \`fixed\`.

## From one mode to the other

Apply a manifest with the other group in place of the first. Server-side apply removes only what nobody else has: where
another manager owns the number (\`kubectl edit\`, \`kubectl patch\`, or \`kubectl scale\` of a number that a manifest had), both groups
would be there, and it is refused. Then name the old group with null once:

\`\`\`sh
kubectl patch streamcluster live --type=merge \\
  -p '{"spec": {"fixed": null, "autoscaling": {"maxReplicas": 10, "streamsPerWorker": 50}}}'
\`\`\`

## What cannot be changed

\`nats\`, since half of the workers would speak on another bus while they are replaced: create another StreamCluster and move
publishers there. The name and the namespace, as of any resource.
`;
