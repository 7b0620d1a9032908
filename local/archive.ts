/** Image archives: an OCI layout in a tar, which is what `ctr images import` reads. System `tar` does the packing. */
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { run } from './run.ts';

export type ImageConfig = { Cmd?: string[]; Entrypoint?: string[]; Env?: string[]; WorkingDir?: string };
export type Image = { name: string; root: string; config: ImageConfig };

type Blob = { mediaType: string; digest: string; size: number };

const ARCHITECTURES: Record<string, string> = { x64: 'amd64', arm64: 'arm64' };
export const architecture = ARCHITECTURES[process.arch] ?? process.arch;

const PATH = 'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Same files, same bytes: nothing of when or by whom it was packed. */
const pack = (archive: string, directory: string): Promise<string> =>
  run('tar', [
    '--sort=name',
    '--mtime=@0',
    '--owner=0',
    '--group=0',
    '--numeric-owner',
    '-cf',
    archive,
    '-C',
    directory,
    '.',
  ]);

function addBlob(layout: string, mediaType: string, content: Buffer): Blob {
  const hex = createHash('sha256').update(content).digest('hex');
  writeFileSync(join(layout, 'blobs/sha256', hex), content);
  return { mediaType, digest: `sha256:${hex}`, size: content.length };
}

async function addImage(layout: string, { name, root, config }: Image): Promise<object> {
  const packed = join(layout, 'layer.tar');
  await pack(packed, root);
  const layer = addBlob(layout, 'application/vnd.oci.image.layer.v1.tar', readFileSync(packed));
  rmSync(packed);
  const json = (mediaType: string, value: object): Blob =>
    addBlob(layout, mediaType, Buffer.from(JSON.stringify(value)));
  const configBlob = json('application/vnd.oci.image.config.v1+json', {
    architecture,
    os: 'linux',
    config: { Env: [PATH], ...config },
    rootfs: { type: 'layers', diff_ids: [layer.digest] },
  });
  const manifest = json('application/vnd.oci.image.manifest.v1+json', {
    schemaVersion: 2,
    mediaType: 'application/vnd.oci.image.manifest.v1+json',
    config: configBlob,
    layers: [layer],
  });
  const annotations = { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': name };
  return { ...manifest, platform: { architecture, os: 'linux' }, annotations };
}

export async function writeArchive(archive: string, work: string, images: readonly Image[]): Promise<void> {
  const layout = join(work, 'layout');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const manifests = [];
  for (const image of images) manifests.push(await addImage(layout, image));
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  const draft = `${archive}.${process.pid}.part`;
  await pack(draft, layout);
  renameSync(draft, archive);
}
