/** What a node's two programs are told. Pure text; the reasons stand beside the settings. */
import { join } from 'node:path';
import type { Certificate } from './certificates.ts';
import { PAUSE_IMAGE } from './images.ts';
import type { NodeState } from './state.ts';

export type NodeFiles = {
  directory: string;
  socket: string;
  cni: string;
  snapshotter: string;
  cniPlugins: string;
  cgroup: string;
};

export const containerdConfig = ({ directory, socket, cni, snapshotter, cniPlugins }: NodeFiles): string => `version = 2
root = "${join(directory, 'containerd')}"
state = "${join(directory, 'containerd-state')}"
# The first would make /opt/containerd; the others need devices and filesystems that nobody here uses.
disabled_plugins = ["io.containerd.internal.v1.opt", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs", "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.aufs", "io.containerd.tracing.processor.v1.otlp"]

[grpc]
  address = "${socket}"

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${PAUSE_IMAGE}"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  netns_mounts_under_state_dir = true
  # Without CAP_SYS_RESOURCE (a container, a restricted machine) runc may not lower the score, and dies trying.
  restrict_oom_score_adj = true

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "${snapshotter}"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "${cniPlugins}"
    conf_dir = "${cni}"
`;

/** A pair of interfaces for each pod. No masquerading: no firewall rule is ever made, and pods reach nothing outside. */
export const cniConfig = (name: string, { subnet }: NodeState, directory: string): object => ({
  cniVersion: '0.4.0',
  name,
  plugins: [
    {
      type: 'ptp',
      ipMasq: false,
      ipam: {
        type: 'host-local',
        dataDir: join(directory, 'addresses'),
        ranges: [[{ subnet }]],
        routes: [{ dst: '0.0.0.0/0' }],
      },
    },
  ],
});

export const kubeletConfig = (node: NodeState, files: NodeFiles, ca: string, { cert, key }: Certificate): object => ({
  apiVersion: 'kubelet.config.k8s.io/v1beta1',
  kind: 'KubeletConfiguration',
  address: node.address,
  port: node.port,
  readOnlyPort: 0,
  healthzPort: 0,
  authentication: { anonymous: { enabled: false }, webhook: { enabled: true }, x509: { clientCAFile: ca } },
  authorization: { mode: 'Webhook' },
  tlsCertFile: cert,
  tlsPrivateKeyFile: key,
  containerRuntimeEndpoint: `unix://${files.socket}`,
  podLogsDir: join(files.directory, 'pod-logs'),
  volumePluginDir: join(files.directory, 'volume-plugins'),
  cgroupDriver: 'cgroupfs',
  cgroupRoot: `/${files.cgroup}`,
  failCgroupV1: false,
  failSwapOn: false,
  makeIPTablesUtilChains: false,
  resolvConf: '/etc/resolv.conf',
  // Nobody answers there; it only spares every pod a MissingClusterDNS warning.
  clusterDNS: ['10.96.0.10'],
  clusterDomain: 'cluster.local',
  // Images cannot be pulled again, so none is ever collected; a full disk is the developer's to see, not ours to act on.
  imageGCHighThresholdPercent: 100,
  evictionHard: {
    'memory.available': '100Mi',
    'nodefs.available': '1%',
    'nodefs.inodesFree': '1%',
    'imagefs.available': '1%',
    'imagefs.inodesFree': '1%',
  },
  maxPods: 200,
});
