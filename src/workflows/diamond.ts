import { z } from 'zod';
import type { PodResult } from '../contract/index.ts';
import { dag } from './dag/index.ts';
import { withParams } from './params.ts';
import { runPod } from './run-pod.ts';

interface Order {
  region: string;
  product: string;
  amount: number;
}

/** A diamond with data passed between its pods. */
export const diamond = withParams(
  z
    .object({
      csv: z.string().meta({
        description: 'Orders, as lines of region,product,amount with a header',
        examples: ['@demo/orders.csv'],
      }),
      image: z.string().default('python:3.12-slim').describe('An image with Python in it'),
    })
    .describe('Reads orders once, sums them up twice side by side, and reports the best.'),
  async function diamond({ csv, image }) {
    /** A pod that gets its input as JSON and whose last expression is its result. */
    const python = <Output>(code: string, input: unknown): Promise<PodResult<Output>> =>
      runPod<Output>({
        image,
        command: ['python', '-c', `${PRELUDE}\n${code}`],
        env: { INPUT: JSON.stringify(input) },
      });

    return dag(async (task) => {
      const orders = task('orders', () => python<Order[]>(READ, csv));
      const regions = task('regions', async () => python<Sums>(sumBy('region'), (await orders).output));
      const products = task('products', async () => python<Sums>(sumBy('product'), (await orders).output));
      const report = task('report', async () =>
        python<string>(REPORT, { regions: (await regions).output, products: (await products).output }),
      );
      return (await report).output;
    });
  },
);

type Sums = Record<string, number>;

/** The termination message of a pod is its result. */
const PRELUDE = `
import csv, io, json, os
data = json.loads(os.environ['INPUT'])
def result(value): open('/dev/termination-log', 'w').write(json.dumps(value))`;

const READ = `
rows = [dict(row, amount=float(row['amount'])) for row in csv.DictReader(io.StringIO(data))]
print('read', len(rows), 'orders')
result(rows)`;

const sumBy = (column: keyof Order) => `
sums = {}
for row in data: sums[row['${column}']] = round(sums.get(row['${column}'], 0) + row['amount'], 2)
for name, sum in sorted(sums.items()): print(name, sum)
result(sums)`;

const REPORT = `
best = lambda sums: max(sums, key=sums.get)
text = 'best region: ' + best(data['regions']) + ', best product: ' + best(data['products'])
print(text)
result(text)`;
