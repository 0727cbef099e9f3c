'use strict';
// Drives the gateway through node-postgres; throws at the first check that fails. argv: port
const { Client, Pool } = require('pg');
const QueryStream = require('pg-query-stream');
const assert = require('node:assert');

const at = (user, database, more) => ({ host: '127.0.0.1', port: Number(process.argv[2]), user, password: `${user}-pass`, database, ...more });
let seen = '';

async function main() {
  const carol = new Client(at('carol', 'warehouse', { application_name: 'evidence', statement_timeout: 60000 }));
  await carol.connect();
  let result = await carol.query('select email, birth_date::text from crm.dim_customer where region = $1', ['east']);
  assert.strictEqual(result.rowCount, 20);
  seen += JSON.stringify(result.rows);
  for (let n = 1; n <= 3; n++) {
    result = await carol.query({ name: 'by-id', text: 'select customer_id, email from crm.dim_customer where customer_id = $1', values: [n] });
    assert.strictEqual(result.rows[0].customer_id, String(n));
    seen += JSON.stringify(result.rows);
  }
  result = await carol.query('select 1 as a; select email from crm.dim_customer');
  assert.strictEqual(result.length, 2);
  seen += JSON.stringify(result[1].rows);
  const binary = await carol.query({ text: 'select email, body from crm.dim_customer join crm.fact_ticket using (customer_id)', binary: true });
  seen += JSON.stringify(binary.rows.map((row) => Object.values(row).map(String)));

  let streamed = 0;
  for await (const row of carol.query(new QueryStream('select customer_id, email from crm.dim_customer', [], { batchSize: 7 }))) {
    streamed++;
    seen += JSON.stringify(row);
  }
  assert.strictEqual(streamed, 60);

  await assert.rejects(carol.query('delete from billing.dim_plan'), { code: '42501' });
  await assert.rejects(carol.query('select * from lake_raw.customers where id = $1', [1]), { code: '42501' });
  await assert.rejects(carol.query('selec 1'), { code: '42601', position: '1' });
  assert.strictEqual((await carol.query('select 1 as one')).rows[0].one, 1);
  await carol.end();

  await assert.rejects(new Client(at('carol', 'lake')).connect(), { code: '42501' });
  await assert.rejects(new Client({ ...at('carol', 'mart'), password: 'wrong' }).connect(), { code: '28P01' });

  const pool = new Pool(at('carol', 'mart', { max: 5 }));
  const sums = await Promise.all(Array.from({ length: 30 }, (_, n) => pool.query('select count(*)::int + $1::int as c from monthly_revenue', [n])));
  sums.forEach((each, n) => assert.strictEqual(each.rows[0].c, 108 + n));
  await pool.end();
  console.log(`SEEN ${seen}`);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
