import assert from 'node:assert/strict';
import { suite, test } from 'node:test';
import { hierarchies } from '../../local/cgroups.ts';
import { interfacesIn, mountsUnder } from '../../local/leftovers.ts';
import { chooseSubnet, hasDefaultRoute, nodeName, overlap } from '../../local/network.ts';
import { place } from '../../local/place.ts';
import { cacheHome } from '../../src/config/local-stack.ts';

suite('where a stack lives', () => {
  test('under XDG_CACHE_HOME, else under the home directory', () => {
    assert.equal(cacheHome({ XDG_CACHE_HOME: '/c' }), '/c/temporal-pods');
    assert.match(cacheHome({}), /\/\.cache\/temporal-pods$/);
    assert.match(cacheHome({ XDG_CACHE_HOME: '' }), /\/\.cache\/temporal-pods$/);
  });

  test('two stacks never share an id', () => {
    assert.notEqual(place('/a/temporal-pods').id, place('/b/temporal-pods').id);
    assert.equal(place('/a/temporal-pods').id, place('/a/temporal-pods').id);
  });

  test('a path too long for a socket is refused at once', () => {
    assert.throws(() => place(`/${'x'.repeat(80)}`), /set XDG_CACHE_HOME to a shorter directory/);
  });
});

suite('the network of pods', () => {
  test('ranges overlap when one address is in both', () => {
    assert.equal(overlap('10.1.0.0/16', '10.1.2.0/24'), true);
    assert.equal(overlap('10.1.2.0/24', '10.1.3.0/24'), false);
    assert.equal(overlap('0.0.0.0/0', '10.1.3.0/24'), true);
    assert.equal(overlap('10.1.3.7', '10.1.3.0/24'), true);
    assert.equal(overlap('192.0.2.0/24', '10.1.3.0/24'), false);
  });

  test('a subnet stays clear of every route, and two nodes have two', () => {
    const first = chooseSubnet('abc123', 1, []);
    assert.equal(chooseSubnet('abc123', 1, []), first);
    assert.notEqual(chooseSubnet('abc123', 1, [first]), first);
    assert.notEqual(chooseSubnet('abc123', 2, []), first);
  });

  test('the first node is localhost, unless the machine has no network', () => {
    assert.deepEqual(nodeName(1, true), { name: 'localhost', address: '127.0.0.1' });
    assert.deepEqual(nodeName(1, false), { name: '127.0.0.1', address: '127.0.0.1' });
    assert.deepEqual(nodeName(2, true), { name: '127.0.0.2', address: '127.0.0.2' });
  });

  test('a default route is found in the kernel’s table', () => {
    const head = 'Iface\tDestination\tGateway\n';
    assert.equal(hasDefaultRoute(`${head}eth0\t00000000\t010200C0\n`), true);
    assert.equal(hasDefaultRoute(`${head}eth0\t000200C0\t00000000\n`), false);
  });
});

suite('what is left on the machine', () => {
  const mountinfo = [
    '22 1 254:0 / / rw - ext4 /dev/vda rw',
    '40 22 0:30 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory',
    '41 22 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw',
    '50 22 0:40 / /c/run/node-1/x rw - overlay overlay rw',
    '51 22 0:41 / /c/run/with\\040space rw - tmpfs tmpfs rw',
    '52 22 0:42 / /c/runner rw - tmpfs tmpfs rw',
  ].join('\n');

  test('mounts are found by the directory they are in, not by how their names begin', () => {
    assert.deepEqual(mountsUnder(mountinfo, '/c/run'), ['/c/run/node-1/x', '/c/run/with space']);
  });

  test('cgroup hierarchies of both versions are found', () => {
    assert.deepEqual(hierarchies(mountinfo), ['/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified']);
  });

  test('an interface is ours when its address is a pod’s gateway', () => {
    const links = [
      { ifname: 'lo', addr_info: [{ local: '127.0.0.1' }] },
      { ifname: 'veth1', addr_info: [{ local: '10.134.83.1' }] },
      { ifname: 'veth2', addr_info: [{ local: '10.134.8.1' }] },
      { ifname: 'down', addr_info: [] },
    ];
    assert.deepEqual(interfacesIn(links, ['10.134.83.0/24']), ['veth1']);
  });
});
